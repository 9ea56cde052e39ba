import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer, Server } from '@modelcontextprotocol/server';
import { z } from 'zod';

export type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** `usual`: as the library's documents make a server. `lean`: with as little of the library as answers a call. */
export const BARE_KINDS = ['usual', 'lean'] as const;
export type BareKind = (typeof BARE_KINDS)[number];

const INFO = { name: 'bare', version: '1.0.0' };
const inputSchema = z.object({
  question: z.string().describe('What to look up, in a sentence.'),
  depth: z.number().int().min(0).max(9).optional(),
});

/** Of the size that tools of real servers have: half a kilobyte. */
const toolsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    name: `tool_${at}`,
    description: `Looks up what is known about one subject, number ${at}. `.repeat(4),
  }));

const answerTo = (name: string, args: unknown) => ({
  content: [{ type: 'text' as const, text: `${name}: ${JSON.stringify(args)}` }],
});

/** Tools are registered one by one and their input is checked, and Node's requests come through the library's adapter. */
function makeUsual(count: number): Serve {
  const tools = toolsOf(count);
  const handler = createMcpHandler(() => {
    const server = new McpServer(INFO);
    for (const { name, description } of tools)
      server.registerTool(name, { description, inputSchema }, (args) => answerTo(name, args));
    return server;
  });
  return toNodeHandler(handler);
}

/** One list of tools for all requests, nothing checked, and answers that go out in one piece. */
function makeLean(count: number): Serve {
  const schema = z.toJSONSchema(inputSchema) as { type: 'object' };
  const tools = toolsOf(count).map((tool) => ({ ...tool, inputSchema: schema }));
  const handler = createMcpHandler(() => {
    const server = new Server(INFO, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => ({ tools }));
    server.setRequestHandler('tools/call', ({ params }) => answerTo(params.name, params.arguments));
    return server;
  });
  return async (request, response) => {
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
  };
}

const MAKERS: Readonly<Record<BareKind, (count: number) => Serve>> = { usual: makeUsual, lean: makeLean };

/** Makes each server when it is first asked for. */
export function createBareServers(): (kind: BareKind, tools: number) => Serve {
  const made = new Map<string, Serve>();
  return (kind, tools) => {
    const name = `${kind} ${tools}`;
    const serve = made.get(name) ?? MAKERS[kind](tools);
    made.set(name, serve);
    return serve;
  };
}
