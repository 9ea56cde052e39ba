import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Json } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { LocalOwner } from '#server/identity/local-owner.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import type { Services } from '#server/services/context.ts';
import { readHealth } from '#server/services/system/health.ts';
import { callProcedures, TRPC_PATH } from '../trpc/handler.ts';
import { readJsonBody } from './body.ts';
import { authenticate, checkSource, sessionCookieName, unauthenticated } from './gate.ts';
import { toProblem } from './problem.ts';
import { createRouter, type Route } from './router.ts';
import { type Exchange, sendAnswer, sendError, sendJson } from './send.ts';
import { answerSignedOut, answerSignIn } from './sign-in.ts';

export interface HttpOptions {
  routes: readonly Route[];
  owner: LocalOwner;
  logger: Logger;
  metrics: Metrics;
  isMetricsEnabled: boolean;
  maxBodyBytes: number;
  /** Undefined until the process has started, and again once it stops. */
  services(): Services | undefined;
  /** Draws everything that is no door; undefined while there are no pages. */
  pages(): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | undefined;
}

const MAX_BODY_DEPTH = 100;

interface Door extends HttpOptions {
  match: ReturnType<typeof createRouter>;
  port(): number;
}

interface Visit extends Exchange {
  url: URL;
  cookieName: string;
}

/** The one HTTP server: doors go to their handlers, everything else to the pages. */
export function createHttpServer(options: HttpOptions): Server {
  const match = createRouter(options.routes);
  const server = createServer((request, response) => {
    void serve({ ...options, match, port: () => portOf(server) }, request, response);
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
  const exchange: Visit = {
    request,
    response,
    url,
    id,
    route: 'page',
    cookieName: sessionCookieName(door.port()),
  };
  response.setHeader('x-request-id', id);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  response.once('close', () => {
    const seconds = (performance.now() - startedAt) / 1000;
    const method = request.method ?? '';
    door.metrics.countRequest({ method, route: exchange.route, status: response.statusCode, seconds });
    door.logger.debug({ id, method, path: url.pathname, status: response.statusCode, seconds }, 'request');
  });
  try {
    await dispatch(door, exchange);
  } catch (error) {
    sendError(exchange, error, door.logger);
  }
}

async function dispatch(door: Door, exchange: Visit): Promise<void> {
  const { request, url } = exchange;
  const path = url.pathname;
  if (path === '/healthz') return sendJson(named(exchange, path), { status: 200, body: { status: 'ok' } });
  checkSource(request);
  if (path === '/readyz') return answerReady(door, named(exchange, path));
  if (path === '/sign-in') {
    const token = url.searchParams.get('token') ?? '';
    return answerSignIn(named(exchange, path).response, {
      token,
      owner: door.owner,
      cookieName: exchange.cookieName,
    });
  }
  const actor = authenticate(request, door.owner, exchange.cookieName);
  const isApi = path.startsWith('/api/');
  if (!actor) {
    if (isApi || path === '/metrics') throw unauthenticated();
    return answerSignedOut(exchange.response);
  }
  if (path === '/metrics') {
    authorise(actor, 'metrics.read');
    return answerMetrics(door, named(exchange, path));
  }
  if (!isApi) return answerPage(door, exchange);
  if (path.startsWith(`${TRPC_PATH}/`)) return answerProcedures(door, exchange, actor);
  await answerApi(door, exchange, actor);
}

async function answerProcedures(door: Door, exchange: Visit, actor: Actor): Promise<void> {
  const { request, response, url, id } = named(exchange, TRPC_PATH);
  const services = door.services();
  if (!services) throw notReady();
  const body = request.method === 'POST' ? await readBody(door, request) : {};
  const answer = await callProcedures({
    method: request.method ?? 'GET',
    url,
    body,
    context: { services, actor, signal: signalOf(response), requestId: id },
    onError: (err) => door.logger.error({ id, route: TRPC_PATH, err }, 'request failed'),
  });
  await sendJson(exchange, answer, { isSecret: answer.isSecret });
}

const readBody = (door: Door, request: IncomingMessage): Promise<Json> =>
  readJsonBody(request, { maxBytes: door.maxBodyBytes, maxDepth: MAX_BODY_DEPTH });

/** Aborted when the caller has gone. */
function signalOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

async function answerApi(door: Door, exchange: Visit, actor: Actor): Promise<void> {
  const { request, url } = exchange;
  const path = url.pathname;
  const found = door.match(request.method === 'HEAD' ? 'GET' : (request.method ?? ''), path);
  if (found.kind === 'missing')
    throw new SignalboxError('NOT_FOUND', `There is no ${path}.`, { advice: 'Check the path.' });
  if (found.kind === 'wrong-method') {
    exchange.response.setHeader('allow', found.allowed.join(', '));
    const body = {
      ...toProblem(undefined, exchange.id),
      status: 405,
      title: 'Method not allowed',
      code: 'INVALID',
      detail: `${path} takes ${found.allowed.join(', ')}.`,
    };
    return sendJson(exchange, { status: 405, body });
  }
  named(exchange, found.route.path);
  const services = door.services();
  if (!services) throw notReady();
  const hasBody = !['GET', 'HEAD', 'DELETE'].includes(request.method ?? '') && !found.route.readsBody;
  const body = hasBody ? await readBody(door, request) : {};
  const call = {
    services,
    actor,
    params: found.params,
    query: url.searchParams,
    headers: request.headers,
    request,
    body,
    signal: signalOf(exchange.response),
  };
  await sendAnswer(exchange, await found.route.handle(call), { isSecret: found.route.isSecret === true });
}

async function answerReady(door: Door, exchange: Visit): Promise<void> {
  const services = door.services();
  if (!services) return sendJson(exchange, { status: 503, body: { status: 'starting' } });
  const { ready } = await readHealth(services);
  // Anybody may ask: what is wrong is told to those who have signed in (`/api/v1/health`).
  await sendJson(exchange, { status: ready ? 200 : 503, body: { status: ready ? 'ready' : 'not ready' } });
}

async function answerMetrics(door: Door, { response }: Visit): Promise<void> {
  if (!door.isMetricsEnabled) {
    throw new SignalboxError('NOT_FOUND', 'Metrics are switched off.', {
      advice: 'Set METRICS_ENABLED=true.',
    });
  }
  const text = await door.metrics.read();
  response.writeHead(200, { 'content-type': door.metrics.contentType });
  response.end(text);
}

async function answerPage(door: Door, { request, response }: Visit): Promise<void> {
  const pages = door.pages();
  if (!pages) throw notReady();
  await pages(request, response);
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function named(exchange: Visit, route: string): Visit {
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
