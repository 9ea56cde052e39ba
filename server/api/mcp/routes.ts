import { createMcpHandler } from '@modelcontextprotocol/server';
import { unauthenticated } from '../http/gate.ts';
import type { Answer, Call, Route } from '../http/router.ts';
import type { McpCall } from './call.ts';
import { createMcpServer } from './server.ts';
import { sendWebResponse, toWebRequest } from './web.ts';

export const MCP_PATH = '/mcp';

async function answer(call: Call): Promise<Answer> {
  // A browser sends its cookie unasked; a key it does not.
  if (call.actor.kind === 'person') throw unauthenticated();
  const mcpCall: McpCall = {
    services: call.services,
    actor: call.actor,
    requestId: call.actor.from.requestId ?? '',
    signal: call.signal,
    onTrouble: () => undefined,
  };
  const handler = createMcpHandler(() => createMcpServer(mcpCall));
  const response = await handler.fetch(toWebRequest(call, 'http://localhost'), {
    ...(call.request.method === 'POST' ? { parsedBody: call.body } : {}),
  });
  return { stream: (to) => sendWebResponse(to, response) };
}

export const mcpRoutes: readonly Route[] = (['GET', 'POST', 'DELETE'] as const).map((method) => ({
  method,
  path: MCP_PATH,
  rate: 'reads',
  handle: answer,
}));
