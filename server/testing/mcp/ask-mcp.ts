import type { HttpAnswer, TestDoors } from '../http.ts';

const VERSION = '2026-07-28';
export const MCP_META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'a-test', version: '1' },
};

export const mcpHeaders = (method: string): Record<string, string> => ({
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': VERSION,
  'mcp-method': method,
});

let count = 0;

/** One request of the new generation, which needs nothing before it. The answer is JSON unless something is told meanwhile. */
export async function askMcp(
  doors: Pick<TestDoors, 'ask'>,
  {
    method,
    params = {},
    headers,
    path = '/mcp',
  }: { method: string; params?: Record<string, unknown>; headers: Record<string, string>; path?: string },
): Promise<HttpAnswer> {
  const name = params.name ?? params.uri;
  return doors.ask(path, {
    body: { jsonrpc: '2.0', id: ++count, method, params: { ...params, _meta: MCP_META } },
    headers: {
      ...mcpHeaders(method),
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
      ...headers,
    },
  });
}

/** What came of a call: a result as the tool made it, or the words that say why not. */
export function outcomeOf({ status, body }: HttpAnswer): {
  code: string | number | undefined;
  value: unknown;
} {
  if (status !== 200) return { code: status, value: body };
  if (body.error) return { code: body.error.code, value: body.error };
  const problem = body.result._meta?.['signalbox/problem'];
  return problem ? { code: problem.code, value: problem } : { code: undefined, value: body.result };
}
