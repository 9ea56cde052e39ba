/** A bare server of the protocol's own library, in a process of its own: `/<number of tools>/<any name>`. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createMcpHandler, type McpHttpHandler, Server } from '@modelcontextprotocol/server';
import { lookAtSelf } from './look.ts';
import type { FromProcess, ToProcess } from './messages.ts';

/** Of the size that tools of real servers have: half a kilobyte. */
const toolsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    name: `tool_${at}`,
    description: `Looks up what is known about one subject, number ${at}. `.repeat(4),
    inputSchema: {
      type: 'object' as const,
      properties: {
        question: { type: 'string', description: 'What to look up, in a sentence.' },
        depth: { type: 'integer', minimum: 0, maximum: 9 },
      },
      required: ['question'],
    },
  }));

function makeHandler(count: number): McpHttpHandler {
  const tools = toolsOf(count);
  return createMcpHandler(() => {
    const server = new Server({ name: 'bare', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => ({ tools }));
    server.setRequestHandler('tools/call', ({ params }) => ({
      content: [{ type: 'text', text: `${params.name}: ${JSON.stringify(params.arguments)}` }],
    }));
    return server;
  });
}

const handlers = new Map<number, McpHttpHandler>();

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const count = Number(request.url?.split('/')[1]);
  const handler = handlers.get(count) ?? makeHandler(count);
  handlers.set(count, handler);
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
  const method = request.method ?? 'POST';
  const asked = new Request(`http://127.0.0.1${request.url}`, { method, headers: [...headers] as never });
  const answer = await handler.fetch(asked, body === '' ? {} : { parsedBody: JSON.parse(body) });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  const isWhole = answer.headers.get('content-type')?.startsWith('application/json');
  if (isWhole || !answer.body) return void response.end(await answer.text());
  await pipeline(Readable.fromWeb(answer.body as never), response);
}

const send = (message: FromProcess) => void process.send?.(message);
process.on(
  'message',
  (message: ToProcess) => void lookAtSelf(message).then((look) => send({ type: 'look', ...look })),
);
process.once('disconnect', () => process.exit());
const server = createServer(
  (request, response) => void serve(request, response).catch(() => response.destroy()),
);
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => {
  send({ type: 'ready', origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, secret: '' });
});
