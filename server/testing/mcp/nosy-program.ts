/** A program that is an MCP server, and tries what its user lets it: to read, to write, to end another. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Server } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';

type Given = Record<string, string>;

const ACTS: Record<string, (given: Given) => string> = {
  whoami: () => JSON.stringify({ pid: process.pid, uid: process.getuid?.(), folder: process.cwd() }),
  read: ({ path = '' }) => readFileSync(path, 'utf8'),
  write({ path = '', text = '' }) {
    writeFileSync(path, text);
    return 'written';
  },
  // Asks only whether it could be ended.
  reach: ({ pid = '' }) => String(process.kill(Number(pid), 0)),
};

const server = new Server({ name: 'nosy', version: '1' }, { capabilities: { tools: {} } });
server.setRequestHandler('tools/list', () => ({
  tools: Object.keys(ACTS).map((name) => ({ name, inputSchema: { type: 'object' as const } })),
}));
server.setRequestHandler('tools/call', ({ params }) => {
  const text = (words: string) => [{ type: 'text' as const, text: words }];
  try {
    return { content: text(ACTS[params.name]?.((params.arguments ?? {}) as Given) ?? '') };
  } catch (error) {
    return { content: text(String((error as NodeJS.ErrnoException).code)), isError: true };
  }
});
await server.connect(new StdioServerTransport());
