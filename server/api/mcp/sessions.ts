import {
  isInitializeRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { JsonObject } from '#server/domain/json.ts';
import {
  closeMcpSession,
  listSubscriptions,
  openMcpSession,
  subscribeSession,
  touchMcpSession,
  unsubscribeSession,
} from '#server/services/mcp-session/mcp-sessions.ts';
import { noteLevel } from './asked-client.ts';
import { type McpCall, toAuthInfo } from './call.ts';
import { type Change, type Wish, watchChanges } from './changes.ts';
import type { Surface } from './served.ts';
import type { ServerMaker, Subscriptions } from './server.ts';

/** A session as this process has it. What it is made from stands in the database. */
interface Session {
  token: string;
  /** Whoever began it; to anybody else it is not there. */
  owner: string;
  server: Server;
  transport: WebStandardStreamableHTTPServerTransport;
  /** Requests that are under way, streams included. */
  busy: number;
  usedAt: number;
  /** When the database last said that it is still there. */
  checkedAt: number;
  /** Looks again for what to listen to. */
  refresh: (() => Promise<void>) | undefined;
}

export const SESSION_HEADER = 'mcp-session-id';
const IDLE_MS = 10 * 60_000;
const CHECK_MS = 30_000;
/** Another process may have been told of a subscription. */
const REFRESH_MS = 5000;
const MAX_SESSIONS = 2000;

const ownerOf = ({ actor }: McpCall): string => `${actor.orgId}/${actor.kind}:${actor.id}`;

/**
 * Sessions of clients of the older generation. Each has a server and a transport of its own, shared with nobody. A process
 * that does not know a session, having just started or being another one, makes it again by saying for the
 * client what that said when it began.
 */
export function createSessions({ maker, surface }: { maker: ServerMaker; surface: Surface }) {
  const sessions = new Map<string, Session>();
  const making = new Map<string, Promise<Session | undefined>>();

  function subscriptionsOf(find: () => Session): Subscriptions {
    return {
      async add(call, uri) {
        // That it is there and theirs is settled before it is written down.
        (await listen(call, { uris: [uri], lists: [] }, () => undefined))();
        await subscribeSession(call.services, call.actor, { token: find().token, uri });
        await find().refresh?.();
      },
      async remove(call, uri) {
        await unsubscribeSession(call.services, call.actor, { token: find().token, uri });
        await find().refresh?.();
      },
    };
  }

  const listen = (call: McpCall, wish: Wish, tell: (change: Change) => void) =>
    watchChanges(call, wish, { findResource: maker.findResource, surface, tell });

  async function make(call: McpCall, token: string | undefined, hello: unknown): Promise<Session> {
    let session: Session | undefined;
    const find = () => {
      if (!session) throw new Error('a request came before its session');
      return session;
    };
    const given = token ?? (await openMcpSession(call.services, call.actor, { hello }));
    const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => given });
    const server = maker.make(subscriptionsOf(find));
    await server.connect(transport);
    const { now } = call.services;
    session = {
      ...{ token: given, owner: ownerOf(call), server, transport, busy: 0, usedAt: now(), checkedAt: now() },
      refresh: undefined,
    };
    makeRoom(now());
    sessions.set(given, session);
    return session;
  }

  function forget(session: Session): void {
    sessions.delete(session.token);
    session.server.close().catch(() => undefined);
  }

  /** Those that nobody uses go from memory; they are made again when they are asked for. */
  function makeRoom(now: number): void {
    for (const session of sessions.values()) {
      const isIdle = session.busy === 0 && now - session.usedAt > IDLE_MS;
      if (isIdle || (session.busy === 0 && sessions.size >= MAX_SESSIONS)) forget(session);
    }
  }

  async function remake(call: McpCall, token: string): Promise<Session | undefined> {
    const found = await touchMcpSession(call.services, call.actor, token);
    if (!found) return undefined;
    const session = await make(call, token, found.hello);
    await repeatHello(session, call, found.hello);
    return session;
  }

  /** Two requests of a client may come at once, and must not make two of its session. */
  function remakeOnce(call: McpCall, token: string): Promise<Session | undefined> {
    const key = `${ownerOf(call)} ${token}`;
    const made = making.get(key) ?? remake(call, token).finally(() => making.delete(key));
    making.set(key, made);
    return made;
  }

  async function find(call: McpCall, token: string): Promise<Session | undefined> {
    const session = sessions.get(token);
    if (!session) return remakeOnce(call, token);
    if (session.owner !== ownerOf(call)) return undefined;
    const now = call.services.now();
    if (now - session.checkedAt < CHECK_MS) return session;
    if (await touchMcpSession(call.services, call.actor, token)) {
      session.checkedAt = now;
      return session;
    }
    forget(session);
    return undefined;
  }

  /** The stream on which a client hears what it asked for. */
  async function feed(call: McpCall, session: Session): Promise<void> {
    const { server, token } = session;
    let uris: string[] | undefined;
    let end: () => void = () => undefined;
    const tell = (change: Change) => {
      tellOld(server, change).catch(() => undefined);
    };
    const refresh = async () => {
      const wanted = await listSubscriptions(call.services, call.actor, token);
      if (call.signal.aborted || (uris && wanted.join('\n') === uris.join('\n'))) return;
      uris = wanted;
      const before = end;
      end = await listen(call, { uris: wanted, lists: ['tools', 'prompts', 'resources'] }, tell);
      before();
      if (call.signal.aborted) end();
    };
    const tryRefresh = () => refresh().catch(call.onTrouble);
    const timer = setInterval(tryRefresh, REFRESH_MS);
    timer.unref();
    session.refresh = refresh;
    call.signal.addEventListener('abort', () => {
      clearInterval(timer);
      if (session.refresh === refresh) session.refresh = undefined;
      end();
    });
    await tryRefresh();
  }

  async function serve(call: McpCall, session: Session, asked: Asked): Promise<Response> {
    session.usedAt = call.services.now();
    session.busy += 1;
    call.signal.addEventListener('abort', () => {
      session.busy -= 1;
      session.usedAt = call.services.now();
    });
    noteLevel(session.server, asked.body);
    const response = await session.transport.handleRequest(asked.request, {
      ...(asked.request.method === 'POST' ? { parsedBody: asked.body } : {}),
      authInfo: toAuthInfo(call),
    });
    if (asked.request.method === 'GET' && response.ok) await feed(call, session);
    if (asked.request.method === 'DELETE' && response.ok) {
      await closeMcpSession(call.services, call.actor, session.token);
      forget(session);
    }
    return response;
  }

  return {
    async answer(call: McpCall, asked: Asked): Promise<Response> {
      const token = asked.request.headers.get(SESSION_HEADER);
      if (token === null) {
        if (!isInitializeRequest(asked.body)) return refuse(400, 'The header Mcp-Session-Id is missing.');
        return serve(call, await make(call, undefined, asked.body.params), asked);
      }
      const session = await find(call, token);
      return session
        ? serve(call, session, asked)
        : refuse(404, 'There is no such session. Initialize again.');
    },
  };
}

function tellOld(server: Server, change: Change): Promise<void> {
  switch (change.kind) {
    case 'resource':
      return server.sendResourceUpdated({ uri: change.uri });
    case 'tools':
      return server.sendToolListChanged();
    case 'prompts':
      return server.sendPromptListChanged();
    case 'resources':
      return server.sendResourceListChanged();
  }
}

interface Asked {
  request: Request;
  body: unknown;
}

function refuse(status: number, message: string): Response {
  const error = { code: status === 404 ? -32_001 : -32_000, message };
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status });
}

async function repeatHello({ transport, token }: Session, call: McpCall, hello: JsonObject): Promise<void> {
  const say = async (body: object, headers: Record<string, string> = {}) => {
    const request = new Request('http://localhost/mcp', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
    });
    const answer = await transport.handleRequest(request, { parsedBody: body, authInfo: toAuthInfo(call) });
    await answer.text();
  };
  await say({ jsonrpc: '2.0', id: 'again', method: 'initialize', params: hello });
  await say({ jsonrpc: '2.0', method: 'notifications/initialized' }, { [SESSION_HEADER]: token });
}
