/** The least that is an MCP server over standard input and output, of the old generation: what is measured is who starts it. */
import { createInterface } from 'node:readline';

const TOOL = { name: 'tool_0', description: 'Answers.', inputSchema: { type: 'object' } };
const ANSWERS = {
  initialize: () => ({
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'bare', version: '1.0.0' },
  }),
  'tools/list': () => ({ tools: [TOOL] }),
  'tools/call': () => ({ content: [{ type: 'text', text: 'answered' }] }),
  ping: () => ({}),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const answer = ANSWERS[method];
  const error = { code: -32601, message: 'Method not found' };
  process.stdout.write(
    `${JSON.stringify({ jsonrpc: '2.0', id, ...(answer ? { result: answer() } : { error }) })}\n`,
  );
});
