import { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js';
import type { Route } from '#server/api/http/router.ts';

/** As servers have answered that were written before there was a new generation: they know its version as none. */
const refusal = {
  jsonrpc: '2.0',
  id: null,
  error: {
    code: -32_000,
    message: `Bad Request: Unsupported protocol version (supported versions: ${LATEST_PROTOCOL_VERSION})`,
  },
};

const isNew = (version: unknown): boolean => typeof version === 'string' && version > LATEST_PROTOCOL_VERSION;

/** The same doors, for the old generation alone. */
export function oldOnly(routes: readonly Route[]): readonly Route[] {
  return routes.map((route) => ({
    ...route,
    handle: async (call) =>
      isNew(call.headers['mcp-protocol-version']) ? { status: 400, body: refusal } : route.handle(call),
  }));
}
