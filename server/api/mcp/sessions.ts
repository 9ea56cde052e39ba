import {
  isInitializeRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import type { Services } from '#server/services/context.ts';
import {
  closeMcpSession,
  listSubscriptions,
  openMcpSession,
  setSessionLevel,
  subscribeSession,
  touchMcpSession,
  unsubscribeSession,
} from '#server/services/mcp-session/mcp-sessions.ts';
import { levelIn, noteLevel } from './asked-client.ts';
import { type McpCall, toAuthInfo } from './call.ts';
import { type Change, type Wish, watchChanges } from './changes.ts';
import { type Answered, answerIn, nameQuestions } from './question-ids.ts';
import type { Surface } from './served.ts';
import type { ServerMaker, Subscriptions } from './server.ts';
import { createSubscribed } from './subscribed.ts';

/** A session as this process has it. What it is made from stands in the database. */
interface Session {
  token: string;
  /** Whoever began it; to anybody else it is not there. */
  owner: string;
  /** The address at which it began; at any other it is not there. */
  place: string;
  server: Server;
  transport: WebStandardStreamableHTTPServerTransport;
  /** Requests that are under way, streams included. */
  busy: number;
  /** Their ids, as far as they wait for an answer. */
  underway: Set<string | number>;
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
export function createSessions(
  { maker, surface, path }: { maker: ServerMaker; surface: Surface; path: string },
  { gateway: { relay } }: Pick<Services, 'gateway'>,
) {
  const sessions = new Map<string, Session>();
  /** Which of several virtual servers, the call says. */
  const placeOf = ({ params }: McpCall): string => path.replace('{name}', params?.name ?? '');
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
    const given = token ?? (await openMcpSession(call.services, call.actor, { hello, path: placeOf(call) }));
    const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => given });
    nameQuestions(transport, relay.id);
    const server = maker.make(subscriptionsOf(find));
    await server.connect(transport);
    const { now } = call.services;
    session = {
      ...{ token: given, owner: ownerOf(call), place: placeOf(call), server, transport, busy: 0 },
      ...{ usedAt: now(), checkedAt: now(), refresh: undefined, underway: new Set<string | number>() },
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
    const found = await touchMcpSession(call.services, call.actor, { token, path: placeOf(call) });
    if (!found) return undefined;
    const session = await make(call, token, found.hello);
    await repeatHello(session, call, found.hello);
    noteLevel(session.server, found.logLevel);
    return session;
  }

  /** Two requests of a client may come at once, and must not make two of its session. */
  function remakeOnce(call: McpCall, token: string): Promise<Session | undefined> {
    const key = `${ownerOf(call)} ${placeOf(call)} ${token}`;
    const made = making.get(key) ?? remake(call, token).finally(() => making.delete(key));
    making.set(key, made);
    return made;
  }

  async function find(call: McpCall, token: string): Promise<Session | undefined> {
    const session = sessions.get(token);
    if (!session) return remakeOnce(call, token);
    if (session.owner !== ownerOf(call) || session.place !== placeOf(call)) return undefined;
    const now = call.services.now();
    if (now - session.checkedAt < CHECK_MS) return session;
    const found = await touchMcpSession(call.services, call.actor, { token, path: placeOf(call) });
    if (found) {
      session.checkedAt = now;
      noteLevel(session.server, found.logLevel);
      return session;
    }
    forget(session);
    return undefined;
  }

  /** The stream on which a client hears what it asked for. */
  async function feed(call: McpCall, session: Session): Promise<void> {
    const { server, token } = session;
    const tell = (change: Change) => {
      tellOld(server, change).catch(() => undefined);
    };
    const lists = listen(call, { uris: [], lists: ['tools', 'prompts', 'resources'] }, tell);
    const endLists = await lists.catch((error: unknown) => call.onTrouble(error));
    const subscribed = createSubscribed({
      hear: (uri) => listen(call, { uris: [uri], lists: [] }, tell),
      forget: (uri) => unsubscribeSession(call.services, call.actor, { token, uri }),
    });
    const refresh = () => subscribed.follow(() => listSubscriptions(call.services, call.actor, token));
    const end = () => {
      subscribed.end();
      endLists?.();
    };
    if (call.signal.aborted) return end();
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
    const ids = requestIdsIn(asked.body);
    const twice = ids.find((id, at) => session.underway.has(id) || ids.indexOf(id) !== at);
    // Two answers of one name: the first who asks would never get theirs.
    if (twice !== undefined) return refuse(400, `A request with the id ${twice} is under way already.`);
    for (const id of ids) session.underway.add(id);
    session.usedAt = call.services.now();
    session.busy += 1;
    call.signal.addEventListener('abort', () => {
      session.busy -= 1;
      for (const id of ids) session.underway.delete(id);
      session.usedAt = call.services.now();
    });
    const level = levelIn(asked.body);
    if (level) {
      noteLevel(session.server, level);
      await setSessionLevel(call.services, call.actor, { token: session.token, level });
    }
    if (level || isCallingOff(asked.body)) await tellOthers(session, asked.body);
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

  /**
   * How much of a log the client wants, and what it calls off: the call that this is about may be at work in another process,
   * and nothing in it says in which.
   */
  const heard = `heard ${path}`;
  const listening = relay.hearAll(heard, (news) => {
    const { token, owner, body } = news as unknown as Heard;
    const session = sessions.get(token);
    if (session?.owner !== owner) return;
    const level = levelIn(body);
    if (level) noteLevel(session.server, level);
    else deliver(session, body).catch(() => undefined);
  });

  async function tellOthers({ token, owner }: Session, body: Json | undefined): Promise<void> {
    await listening;
    if (!isJsonObject(body)) return;
    // Without hot state only this process has it: what was stored is read by others within half a minute.
    await relay
      .tellAll({ name: heard, news: { token, owner, body } satisfies Heard as Json })
      .catch(() => undefined);
  }

  /** Answers to what was asked here; also those that came to another process. */
  const work = `answer ${path}`;
  const ready = relay.serve(work, async (body) => {
    const { token, owner, answer } = body as unknown as Passed;
    const session = sessions.get(token);
    if (session?.owner !== owner) return false;
    await deliver(session, answer);
    return true;
  });

  /** Whoever asked in a process that has ended waits no more: there is nothing to be told. */
  async function pass(call: McpCall, session: Session, { processId, body }: Answered): Promise<Response> {
    await ready;
    const { token, owner } = session;
    if (processId === relay.id) await deliver(session, body);
    else {
      const order = { name: work, body: { token, owner, answer: body } satisfies Passed as unknown as Json };
      await relay.ask(processId, order, { signal: call.signal, onTold: () => undefined });
    }
    return new Response(null, { status: 202 });
  }

  return {
    async answer(call: McpCall, asked: Asked): Promise<Response> {
      const token = asked.request.headers.get(SESSION_HEADER);
      if (token === null) {
        if (!isInitializeRequest(asked.body)) return refuse(400, 'The header Mcp-Session-Id is missing.');
        return serve(call, await make(call, undefined, asked.body.params), asked);
      }
      const session = await find(call, token);
      if (!session) return refuse(404, 'There is no such session. Initialize again.');
      const answered = answerIn(asked.body);
      return answered ? pass(call, session, answered) : serve(call, session, asked);
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
  body: Json | undefined;
}

/** What a client of a session has said, for the process that works for it. */
interface Heard {
  token: string;
  owner: string;
  body: JsonObject;
}

/** What answers will be known by. */
function requestIdsIn(body: Json | undefined): (string | number)[] {
  const messages = Array.isArray(body) ? body : [body ?? null];
  return messages.flatMap((message) => {
    if (!isJsonObject(message) || typeof message.method !== 'string') return [];
    const { id } = message;
    return typeof id === 'string' || typeof id === 'number' ? [id] : [];
  });
}

const isCallingOff = (body: Json | undefined): boolean =>
  isJsonObject(body) && body.method === 'notifications/cancelled';

/** An answer of a client, on its way to the process that has asked. */
interface Passed {
  token: string;
  owner: string;
  answer: JsonObject;
}

function refuse(status: number, message: string): Response {
  const error = { code: status === 404 ? -32_001 : -32_000, message };
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status });
}

async function repeatHello({ transport, token }: Session, call: McpCall, hello: JsonObject): Promise<void> {
  const say = async (body: object, headers?: Record<string, string>) => {
    const authInfo = toAuthInfo(call);
    await (await transport.handleRequest(posted(headers), { parsedBody: body, authInfo })).text();
  };
  await say({ jsonrpc: '2.0', id: 'again', method: 'initialize', params: hello });
  await say({ jsonrpc: '2.0', method: 'notifications/initialized' }, { [SESSION_HEADER]: token });
}

async function deliver({ transport, token }: Session, answer: JsonObject): Promise<void> {
  await transport.handleRequest(posted({ [SESSION_HEADER]: token }), { parsedBody: answer });
}

const posted = (headers: Record<string, string> = {}): Request =>
  new Request('http://localhost/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
  });
