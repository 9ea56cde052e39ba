import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  createMcpHandler,
  type EventStore,
  type JSONRPCMessage,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { Generation } from '#server/domain/mcp.ts';

/** An MCP server of one generation only, over HTTP. */
export interface OneGeneration extends AsyncDisposable {
  url: string;
  /** Of the old generation, by session. */
  servers: Server[];
  /** Tells listeners of the new generation. */
  notify: ReturnType<typeof createMcpHandler>['notify'];
  /** Methods that were asked, in order. */
  methods: string[];
}

type Answer = (request: Request, body: unknown) => Promise<Response>;

const REFUSED = { jsonrpc: '2.0', id: null, error: { code: -32_601, message: 'Method not found' } };

/** `hasMarks`: streams of the old one can be taken up again. Each session of the old generation gets a server of its own, and so does each request of the new. */
export async function startGeneration(
  generation: Generation,
  make: () => Server,
  { port = 0, hasMarks = false }: { port?: number; hasMarks?: boolean } = {},
): Promise<OneGeneration> {
  const handler = createMcpHandler(make, { legacy: 'reject' });
  const servers: Server[] = [];
  const methods: string[] = [];
  const answer = generation === '2026' ? answerNew(handler) : answerOld(make, servers, hasMarks);
  const http = createServer((request, response) => void serve(request, response));
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const body = text === '' ? undefined : JSON.parse(text);
    if (typeof body?.method === 'string') methods.push(body.method);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
    const asked = new Request(`http://127.0.0.1${request.url}`, {
      ...{ method: request.method ?? 'POST', headers, signal: gone.signal },
    });
    const given = await answer(asked, body);
    response.writeHead(given.status, Object.fromEntries(given.headers));
    if (!given.body) return void response.end();
    response.flushHeaders();
    await pipeline(Readable.fromWeb(given.body as never), response).catch(() => undefined);
  }
  // It does not hang up on a test that a busy machine has kept waiting.
  http.keepAliveTimeout = 600_000;
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  http.unref();
  return {
    ...{ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`, servers, methods },
    notify: handler.notify,
    async [Symbol.asyncDispose]() {
      await handler.close();
      for (const server of servers) await server.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

const answerNew =
  (handler: ReturnType<typeof createMcpHandler>): Answer =>
  (request, body) =>
    handler.fetch(request, request.method === 'POST' ? { parsedBody: body } : {});

/** What was said on which stream, in its order. */
function createEvents(): EventStore {
  const events: { streamId: string; message: JSONRPCMessage }[] = [];
  return {
    storeEvent: async (streamId, message) => String(events.push({ streamId, message }) - 1),
    async replayEventsAfter(lastId, { send }) {
      const streamId = events[Number(lastId)]?.streamId ?? '';
      for (const [at, event] of events.entries()) {
        if (at > Number(lastId) && event.streamId === streamId) await send(String(at), event.message);
      }
      return streamId;
    },
  };
}

function answerOld(make: () => Server, servers: Server[], hasMarks: boolean): Answer {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  return async (request, body) => {
    const given = request.headers.get('mcp-session-id');
    const known = given === null ? undefined : sessions.get(given);
    const parsed = request.method === 'POST' ? { parsedBody: body } : {};
    if (known) return known.handleRequest(request, parsed);
    const { method } = (body ?? {}) as { method?: string };
    if (method !== 'initialize') return Response.json(REFUSED, { status: given === null ? 400 : 404 });
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      ...(hasMarks ? { eventStore: createEvents() } : {}),
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    const server = make();
    servers.push(server);
    await server.connect(transport);
    return transport.handleRequest(request, parsed);
  };
}
