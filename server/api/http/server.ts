import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Json } from '#server/domain/json.ts';
import { type Actor, authorise, NOBODY } from '#server/identity/actor.ts';
import { placeOfPath } from '#server/identity/apps/places.ts';
import type { Credentials } from '#server/identity/identity.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import type { Services } from '#server/services/context.ts';
import { readReadiness } from '#server/services/system/health.ts';
import { noteRefusal } from '../note-refusal.ts';
import { callProcedures, TRPC_PATH } from '../trpc/handler.ts';
import { type AccessWatch, createAccessWatch } from './access-watch.ts';
import { MAX_BODY_DEPTH, readJsonBody, STRANGERS_BODY } from './body.ts';
import { challengeFor, isForModels, isForNewcomers } from './challenge.ts';
import { type Gate, readCookie, refuseKeyInUrl, unauthenticated } from './gate.ts';
import { setSecurityHeaders } from './headers.ts';
import { actorOf, countRequest } from './limit-door.ts';
import { meantOrgOf } from './meant-org.ts';
import { type DrawPage, drawPage, isOldIcon, isOpenPage, sendToIcon, sendToSignIn } from './page-door.ts';
import { isPerson, sendProblemPage } from './plain-page.ts';
import { toProblem } from './problem.ts';
import { createRouter, type Route } from './router.ts';
import { type Exchange, sayWhenAgain, sendAnswer, sendError, sendJson } from './send.ts';
import { type CookieNames, cookieNames, createSessionKeeper, type SessionKeeper } from './session-cookie.ts';
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

const BODILESS = new Set(['GET', 'HEAD', 'DELETE']);

interface Door extends HttpOptions {
  match: ReturnType<typeof createRouter>;
  cookies(): CookieNames;
  watch: AccessWatch;
}

interface Visit extends Exchange {
  url: URL;
  browser: SessionKeeper;
  given: Credentials;
  /** Once it is known. */
  actor?: Actor | undefined;
  /** What goes wrong is looked at, and not read by a program. */
  isForPeople?: boolean;
}

/** The one HTTP server: doors go to their handlers, everything else to the pages. */
export function createHttpServer(options: HttpOptions): Server {
  const match = createRouter(options.routes);
  const watch = createAccessWatch();
  const { isHttps } = options.gate;
  let names = cookieNames({ port: 0, isHttps });
  const door: Door = { ...options, match, watch, cookies: () => names };
  const server = createServer((request, response) => void serve(door, request, response));
  server.on('listening', () => {
    names = cookieNames({ port: portOf(server), isHttps });
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
  const names = door.cookies();
  const origin = gate.originOf(request);
  const given = {
    ...gate.credentialsOf(request, { cookieName: names.session, requestId: id }),
    place: placeFor(url.pathname, origin),
  };
  const [flow, appRequest] = [names.flow, names.appRequest].map((name) => readCookie(request, name));
  const browser = createSessionKeeper(response, { names, isHttps, origin, flow, appRequest });
  const exchange: Visit = { request, response, url, id, route: 'page', browser, given };
  response.setHeader('x-request-id', id);
  setSecurityHeaders(response, gate);
  response.once('close', () => {
    const seconds = (performance.now() - startedAt) / 1000;
    const method = request.method ?? '';
    door.metrics.countRequest({ method, route: exchange.route, status: response.statusCode, seconds });
    door.logger.debug({ id, method, path: url.pathname, status: response.statusCode, seconds }, 'request');
  });
  // What is written to it too late is our fault, and no reason to end the process for all others.
  response.on('error', (err) => door.logger.error({ id, route: exchange.route, err }, 'answer failed'));
  try {
    await dispatch(door, exchange);
  } catch (error) {
    const route = `${request.method} ${exchange.route}`;
    noteRefusal({ services: door.services(), actor: actorOf(exchange), route }, error);
    const isShown = given.bearer !== undefined;
    const challenge = challengeFor(error, { origin, path: url.pathname, isShown });
    if (challenge !== undefined && !response.headersSent) response.setHeader('www-authenticate', challenge);
    sendFailure(door, exchange, error);
  }
}

/** What tokens have to be made out for that are shown at this path. */
function placeFor(path: string, origin: string): Credentials['place'] {
  const place = placeOfPath(path);
  return place && { path: place.path, audience: origin + place.path };
}

function sendFailure(door: Door, exchange: Visit, error: unknown): void {
  const { request, response, id } = exchange;
  if (!exchange.isForPeople || response.headersSent || !isPerson(request))
    return sendError(exchange, error, door.logger);
  if (!(error instanceof SignalboxError))
    door.logger.error({ id, route: exchange.route, err: error }, 'request failed');
  sendProblemPage(response, error, id);
}

async function dispatch(door: Door, exchange: Visit): Promise<void> {
  const { request, url } = exchange;
  const path = url.pathname;
  if (path === '/healthz') return sendJson(named(exchange, path), { status: 200, body: { status: 'ok' } });
  door.gate.checkSource(request);
  refuseKeyInUrl(request.url ?? '');
  if (path === '/readyz') return answerReady(door, named(exchange, path));
  const token = path === '/sign-in' ? url.searchParams.get('token') : null;
  if (token !== null) return answerToken(door, named(exchange, path), token);
  if (path.startsWith(`${TRPC_PATH}/`)) return answerProcedures(door, exchange);
  // A stream begins with a GET, which other pages may send too.
  if (isForModels(path)) door.gate.checkSocketSource(request);
  if (path.startsWith('/api/') || isForModels(path) || isForNewcomers(path)) return answerApi(door, exchange);
  if (path === '/metrics') return answerMetrics(door, named(exchange, path));
  return answerPage(door, exchange);
}

/** Whoever asks; undefined when they show nothing, or nothing that counts. */
async function identify(door: Door, exchange: Visit): Promise<Actor | undefined> {
  const { given, request } = exchange;
  const isShown = given.bearer !== undefined || given.session !== undefined;
  exchange.actor = isShown ? await servicesOf(door).identity.authenticate(given) : undefined;
  await countRequest(door, exchange);
  if (exchange.actor && given.bearer === undefined) door.gate.checkCookieWrite(request);
  return exchange.actor;
}

async function answerToken(door: Door, exchange: Visit, token: string): Promise<void> {
  const { response, browser, given } = exchange;
  exchange.isForPeople = true;
  const actor = { ...NOBODY, from: given.from };
  return answerLink(response, { services: servicesOf(door), actor, token, browser });
}

async function answerProcedures(door: Door, exchange: Visit): Promise<void> {
  const { request, url, id, given, browser } = named(exchange, TRPC_PATH);
  // Each procedure of a batch says for itself whether it is open to nobody.
  const actor = (await identify(door, exchange)) ?? { ...NOBODY, from: given.from };
  const services = servicesOf(door);
  const body = request.method === 'POST' ? await readBody(door, request, actor) : {};
  const signal = signalWhileAllowed(door, exchange, { services, actor });
  const answer = await callProcedures({
    ...{ method: request.method ?? 'GET', url, body },
    context: { services, actor, browser, signal, requestId: id, meantOrg: meantOrgOf(request.headers) },
    onError: (err) => door.logger.error({ id, route: TRPC_PATH, err }, 'request failed'),
  });
  sayWhenAgain(exchange.response, answer.errors);
  // Browsers reckon by it how far their own clock is off.
  const headers = { 'signalbox-time': String(services.now()) };
  await sendJson(exchange, answer, { isSecret: answer.isSecret, headers });
}

/** It is read before it is known what may be done with it, so those who are nobody yet cannot make us hold much. */
function readBody(
  { maxBodyBytes: maxBytes }: Door,
  request: IncomingMessage,
  { kind }: Actor,
): Promise<Json> {
  const limits =
    kind === 'nobody'
      ? { ...STRANGERS_BODY, maxBytes: Math.min(maxBytes, STRANGERS_BODY.maxBytes) }
      : { maxBytes, maxDepth: MAX_BODY_DEPTH };
  return readJsonBody(request, limits);
}

async function answerApi(door: Door, exchange: Visit): Promise<void> {
  const { request, url, given, browser } = exchange;
  const found = door.match(request.method === 'HEAD' ? 'GET' : (request.method ?? ''), url.pathname);
  const isOpen = found.kind === 'found' && found.route.isOpen === true;
  exchange.isForPeople = found.kind === 'found' && found.route.isForPeople === true;
  const actor = (await identify(door, exchange)) ?? (isOpen ? { ...NOBODY, from: given.from } : undefined);
  if (!actor) throw unauthenticated();
  if (found.kind === 'missing')
    throw new SignalboxError('NOT_FOUND', `There is no ${url.pathname}.`, { advice: 'Check the path.' });
  if (found.kind === 'wrong-method') return refuseMethod(exchange, found.allowed);
  named(exchange, found.route.path);
  const services = servicesOf(door);
  const hasBody = !BODILESS.has(request.method ?? '') && !found.route.readsBody;
  const body = hasBody ? await readBody(door, request, actor) : {};
  const watched = () => signalWhileAllowed(door, exchange, { services, actor });
  const { params } = found;
  let signal = found.route.isWhole ? undefined : watched();
  const onTrouble = (err: unknown) =>
    door.logger.error({ id: exchange.id, route: exchange.route, err }, 'request failed');
  const call = {
    services,
    actor,
    browser,
    params,
    query: url.searchParams,
    headers: request.headers,
    request,
    body,
    // Most answers are there before anything could end them: who waits asks for it, and then it is made.
    get signal() {
      signal ??= watched();
      return signal;
    },
    onTrouble,
  };
  const answer = await found.route.handle(call);
  const { isSecret = false, isTagged = false } = found.route;
  await sendAnswer(exchange, answer, { isSecret, isTagged });
}

/** Every request ends with it, so it is made once: what takes time in an error is its stack. */
const GONE = new DOMException('The caller has gone.', 'AbortError');

/** Aborted when the caller has gone, or may no longer what it might when it came. */
function signalWhileAllowed(
  door: Door,
  { response, given }: Visit,
  { services, actor }: { services: Services; actor: Actor },
): AbortSignal {
  const gone = new AbortController();
  const end = (why: Error) => {
    gone.abort(why);
    // A stream has no other end; what waits ends itself and answers why.
    if (response.headersSent) response.destroy();
  };
  const release =
    actor.kind === 'nobody' ? undefined : door.watch.hold(services.identity, { actor, given, end });
  const leave = () => {
    release?.();
    gone.abort(GONE);
  };
  if (response.closed) leave();
  else response.once('close', leave);
  return gone.signal;
}

function refuseMethod(exchange: Visit, allowed: string[]): Promise<void> {
  exchange.response.setHeader('allow', allowed.join(', '));
  const error = new SignalboxError('INVALID', `${exchange.url.pathname} takes ${allowed.join(', ')}.`);
  const body = { ...toProblem(error, exchange.id), status: 405, title: 'Method not allowed' };
  return sendJson(exchange, { status: 405, body });
}

function servicesOf(door: Door): Services {
  const services = door.services();
  if (!services) throw notReady();
  return services;
}

async function answerReady(door: Door, exchange: Visit): Promise<void> {
  const services = door.services();
  if (!services) return sendJson(exchange, { status: 503, body: { status: 'starting' } });
  const isReady = await readReadiness(services);
  // Anybody may ask: what is wrong is told to those who have signed in (`/api/v1/health`).
  const body = { status: isReady ? 'ready' : 'not ready' };
  await sendJson(exchange, { status: isReady ? 200 : 503, body });
}

async function answerMetrics(door: Door, exchange: Visit): Promise<void> {
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

async function answerPage(door: Door, exchange: Visit): Promise<void> {
  const { request, response, url } = exchange;
  exchange.isForPeople = true;
  if (isOldIcon(url.pathname)) return sendToIcon(response);
  const draw = door.pages();
  if (!draw) throw notReady();
  const isAllowed = isOpenPage(url.pathname, door) || (await identify(door, exchange)) !== undefined;
  if (!isAllowed) return sendToSignIn(response, { method: request.method ?? '', url });
  await drawPage(draw, { request, response, isDev: door.isDev });
}

/** Where it listens. */
export function placeOf(server: Server): { port: number; address: string } {
  const place = server.address();
  return typeof place === 'object' && place ? place : { port: 0, address: '' };
}

export const portOf = (server: Server): number => placeOf(server).port;

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
