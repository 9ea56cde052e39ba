/** The process of `killable-upstream.ts`: it ends with whoever started it. */
import { spawn } from 'node:child_process';
import { Server, type ServerContext } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { startGeneration } from '../mcp-two-generations.ts';
import { echoTool, startUpstream, text, tool } from '../mcp-upstream.ts';

const [kind = '2026', port = '0'] = process.argv.slice(2);

/** Whoever asks to be told how far it is hears that it is at work. */
async function hang({ mcpReq }: ServerContext): Promise<never> {
  process.send?.('hangs');
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken !== undefined) {
    await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
  }
  return new Promise(() => undefined);
}

function makeOld(): Server {
  const server = new Server({ name: 'killable', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({
    tools: ['ask', 'hang'].map((name) => ({ name, inputSchema: { type: 'object' as const } })),
  }));
  server.setRequestHandler('tools/call', ({ params }, context) =>
    params.name === 'hang' ? hang(context) : (text(JSON.stringify(params.arguments)) as never),
  );
  return server;
}

/** Neither the end of its input nor a word ends it, and it has started another. */
function stayWhatever(): void {
  process.on('SIGTERM', () => undefined);
  spawn('sleep', ['86400'], { stdio: 'ignore' });
}

const makeNew = () => [echoTool('ask'), tool('hang', (_args, context) => hang(context))];

if (kind === 'stubborn') stayWhatever();
if (kind === 'stdio' || kind === 'stubborn') await makeOld().connect(new StdioServerTransport());
else {
  const { url } =
    kind === '2026'
      ? await startUpstream(makeNew(), Number(port))
      : await startGeneration('2025', makeOld, { port: Number(port), hasMarks: kind === 'marks' });
  process.once('disconnect', () => process.exit());
  process.send?.({ url });
}
