import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Json } from '#server/domain/json.ts';
import { type Actor, authorise, NOBODY } from '#server/identity/actor.ts';
import type { Credentials } from '#server/identity/identity.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import type { Services } from '#server/services/context.ts';
import { readHealth } from '#server/services/system/health.ts';
import { noteRefusal } from '../note-refusal.ts';
import { answerTrpc, TRPC_PATH } from '../trpc/handler.ts';
import { type AccessWatch, createAccessWatch } from './access-watch.ts';
import { readJsonBody } from './body.ts';
import { type Gate, readCookie, refuseKeyInUrl, unauthenticated } from './gate.ts';
import { setSecurityHeaders } from './headers.ts';
import { actorOf, countRequest } from './limit-door.ts';
import { type DrawPage, drawPage, isOpenPage, sendToSignIn } from './page-door.ts';
import { retryAfterOf, toProblem } from './problem.ts';
import { type Answer, createRouter, type Route } from './router.ts';
import { cookieNames, createSessionKeeper, type SessionKeeper } from './session-cookie.ts';
import { answerLink } from './sign-in.ts';

export interface HttpOptions {
  routes: readonly Route[];
  gate: Gate;
  isDev: boolean;
  logger: Logger;
  metrics: Metrics;
  isMetricsEnabled: boolean;
  maxBodyBytes: number;
  /** Undefined until the process has started, and again once it stops. */
  services(): Services | undefined;
  /** Draws everything that is no door; undefined while there are no pages. */
  pages(): DrawPage | undefined;
}

const MAX_BODY_DEPTH = 100;

interface Door extends HttpOptions {
  match: ReturnType<typeof createRouter>;
  port(): number;
  watch: AccessWatch;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  id: string;
  /** For metrics: the pattern, never the path itself. */
  route: string;
  browser: SessionKeeper;
  given: Credentials;
  /** Once it is known. */
  actor?: Actor | undefined;
}

/** The one HTTP server: doors go to their handlers, everything else to the pages. */
export function createHttpServer(options: HttpOptions): Server {
  const match = createRouter(options.routes);
  const watch = createAccessWatch();
  const server = createServer((request, response) => {
    void serve({ ...options, match, watch, port: () => portOf(server) }, request, response);
  });
  // Slow senders of headers and bodies do not hold a socket for ever; answers may take as long as they need.
  server.headersTimeout = 20_000;
  server.requestTimeout = 120_000;
  server.keepAliveTimeout = 65_000;

  return server;
}

async function serve(door: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = performance.now();
  const id = requestId(request);
  const url = URL.parse(request.url ?? '/', 'http://localhost') ?? new URL('http://localhost/');
  const { gate } = door;
  const { isHttps } = gate;
  const names = cookieNames({ port: door.port(), isHttps });
  const given = gate.credentialsOf(request, { cookieName: names.session, requestId: id });
  const [origin, flow] = [gate.originOf(request), readCookie(request, names.flow)];
  const browser = createSessionKeeper(response, { names, isHttps, origin, flow });
  const exchange: Exchange = { request, response, url, id, route: 'page', browser, given };
  response.setHeader('x-request-id', id);
  setSecurityHeaders(response, gate);
  response.once('close', () => {
    const seconds = (performance.now() - startedAt) / 1000;
    const method = request.method ?? '';
    door.metrics.countRequest({ method, route: exchange.route, status: response.statusCode, seconds });
    door.logger.debug({ id, method, path: url.pathname, status: response.statusCode, seconds }, 'request');
  });
  try {
    await dispatch(door, exchange);
  } catch (error) {
    const route = `${request.method} ${exchange.route}`;
    noteRefusal({ services: door.services(), actor: actorOf(exchange), route }, error);
    sendError(exchange, error, door.logger);
  }
}

async function dispatch(door: Door, exchange: Exchange): Promise<void> {
  const { request, url } = exchange;
  const path = url.pathname;
  if (path === '/healthz') return sendJson(named(exchange, path), 200, { status: 'ok' });
  door.gate.checkSource(request);
  refuseKeyInUrl(request.url ?? '');
  if (path === '/readyz') return answerReady(door, named(exchange, path));
  const token = path === '/sign-in' ? url.searchParams.get('token') : null;
  if (token !== null) return answerToken(door, named(exchange, path), token);
  if (path.startsWith(`${TRPC_PATH}/`)) return answerProcedures(door, exchange);
  if (path.startsWith('/api/')) return answerApi(door, exchange);
  if (path === '/metrics') return answerMetrics(door, named(exchange, path));
  return answerPage(door, exchange);
}

/** Whoever asks; undefined when they show nothing, or nothing that counts. */
async function identify(door: Door, exchange: Exchange): Promise<Actor | undefined> {
  const { given, request } = exchange;
  const isShown = given.bearer !== undefined || given.session !== undefined;
  exchange.actor = isShown ? await servicesOf(door).identity.authenticate(given) : undefined;
  await countRequest(door, exchange);
  if (exchange.actor && given.bearer === undefined) door.gate.checkCookieWrite(request);
  return exchange.actor;
}

async function answerToken(door: Door, exchange: Exchange, token: string): Promise<void> {
  const { response, browser, given } = exchange;
  const actor = { ...NOBODY, from: given.from };
  return answerLink(response, { services: servicesOf(door), actor, token, browser });
}

async function answerProcedures(door: Door, exchange: Exchange): Promise<void> {
  const { request, response, url, id, given, browser } = named(exchange, TRPC_PATH);
  // Each procedure of a batch says for itself whether it is open to nobody.
  const actor = (await identify(door, exchange)) ?? { ...NOBODY, from: given.from };
  const services = servicesOf(door);
  const body = request.method === 'POST' ? await readBody(door, request) : {};
  const signal = signalWhileAllowed(door, exchange, { services, actor });
  await answerTrpc(response, {
    ...{ request, url, body },
    context: { services, actor, browser, signal, requestId: id },
    onError: (err) => door.logger.error({ id, route: TRPC_PATH, err }, 'request failed'),
  });
}

const readBody = (door: Door, request: IncomingMessage): Promise<Json> =>
  readJsonBody(request, { maxBytes: door.maxBodyBytes, maxDepth: MAX_BODY_DEPTH });

async function answerApi(door: Door, exchange: Exchange): Promise<void> {
  const { request, url, given, browser } = exchange;
  const found = door.match(request.method ?? '', url.pathname);
  const isOpen = found.kind === 'found' && found.route.isOpen === true;
  const actor = (await identify(door, exchange)) ?? (isOpen ? { ...NOBODY, from: given.from } : undefined);
  if (!actor) throw unauthenticated();
  if (found.kind === 'missing')
    throw new SignalboxError('NOT_FOUND', `There is no ${url.pathname}.`, { advice: 'Check the path.' });
  if (found.kind === 'wrong-method') return refuseMethod(exchange, found.allowed);
  named(exchange, found.route.path);
  const services = servicesOf(door);
  const hasBody = request.method !== 'GET' && request.method !== 'DELETE' && !found.route.readsBody;
  const body = hasBody ? await readBody(door, request) : {};
  const signal = signalWhileAllowed(door, exchange, { services, actor });
  const { params } = found;
  const call = {
    services,
    actor,
    browser,
    params,
    query: url.searchParams,
    headers: request.headers,
    request,
    body,
    signal,
  };
  await sendAnswer(exchange, await found.route.handle(call));
}

/** Aborted when the caller has gone, or may no longer what it might when it came. */
function signalWhileAllowed(
  door: Door,
  { response, given }: Exchange,
  { services, actor }: { services: Services; actor: Actor },
): AbortSignal {
  const gone = new AbortController();
  const end = () => {
    gone.abort();
    // A stream has no other end; what waits ends itself and still answers.
    if (response.headersSent) response.destroy();
  };
  const release =
    actor.kind === 'nobody' ? undefined : door.watch.hold(services.identity, { actor, given, end });
  response.once('close', () => {
    release?.();
    gone.abort();
  });
  return gone.signal;
}

function refuseMethod(exchange: Exchange, allowed: string[]): void {
  exchange.response.setHeader('allow', allowed.join(', '));
  return sendJson(exchange, 405, {
    ...toProblem(undefined, exchange.id),
    status: 405,
    title: 'Method not allowed',
    code: 'INVALID',
    detail: `${exchange.url.pathname} takes ${allowed.join(', ')}.`,
  });
}

function servicesOf(door: Door): Services {
  const services = door.services();
  if (!services) throw notReady();
  return services;
}

async function answerReady(door: Door, exchange: Exchange): Promise<void> {
  const services = door.services();
  if (!services) return sendJson(exchange, 503, { status: 'starting' });
  const { ready, parts } = await readHealth(services);
  sendJson(exchange, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', parts });
}

async function answerMetrics(door: Door, exchange: Exchange): Promise<void> {
  const { response } = exchange;
  const actor = await identify(door, exchange);
  if (!actor) throw unauthenticated();
  authorise(actor, 'metrics.read');
  if (!door.isMetricsEnabled) {
    throw new SignalboxError('NOT_FOUND', 'Metrics are switched off.', {
      advice: 'Set METRICS_ENABLED=true.',
    });
  }
  const text = await door.metrics.read();
  response.writeHead(200, { 'content-type': door.metrics.contentType });
  response.end(text);
}

async function answerPage(door: Door, exchange: Exchange): Promise<void> {
  const { request, response, url } = exchange;
  const draw = door.pages();
  if (!draw) throw notReady();
  const isAllowed = isOpenPage(url.pathname, door) || (await identify(door, exchange)) !== undefined;
  if (!isAllowed) return sendToSignIn(response, { method: request.method ?? '', url });
  await drawPage(draw, { request, response, isDev: door.isDev });
}

export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function named(exchange: Exchange, route: string): Exchange {
  exchange.route = route;
  return exchange;
}

function notReady(): SignalboxError {
  return new SignalboxError('UNAVAILABLE', 'The server is starting or stopping.', {
    advice: 'Try again in a moment.',
    details: { retryAfterSeconds: 1 },
  });
}

/** A caller's own id is kept when it is harmless in a log. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{8,64}$/.test(given) ? given : randomUUID();
}

async function sendAnswer(exchange: Exchange, answer: Answer): Promise<void> {
  if ('stream' in answer) return answer.stream(exchange.response);
  for (const [name, value] of Object.entries(answer.headers ?? {})) exchange.response.setHeader(name, value);
  if ('text' in answer) {
    exchange.response.writeHead(answer.status, { 'content-type': answer.contentType });
    exchange.response.end(answer.text);
    return;
  }
  sendJson(exchange, answer.status, answer.body);
}

function sendJson({ response }: Exchange, status: number, body: unknown): void {
  if (status === 204) {
    response.writeHead(status, { 'cache-control': 'no-store' });
    response.end();
    return;
  }
  const type = status >= 400 && status !== 503 ? 'application/problem+json' : 'application/json';
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

const LINGER_MS = 2000;

/**
 * What is left of a refused body is thrown away for a moment: were the line cut at once, a sender who is still writing
 * would see that and not the answer.
 */
function linger(request: IncomingMessage): void {
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
  request.resume();
}

function sendError(exchange: Exchange, error: unknown, logger: Logger): void {
  const { response, request, id } = exchange;
  const problem = toProblem(error, id);
  if (problem.status === 500) logger.error({ id, route: exchange.route, err: error }, 'request failed');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  if (!request.complete) linger(request);
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(problem));
}
