import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { SignalboxError } from '#server/domain/errors.ts';
import { type AddressPolicy, createAddressPolicy } from './address-policy.ts';

export interface SafeFetchOptions {
  /** Private networks that the administrator lets requests into, as CIDR. */
  allow: readonly string[];
  /** Every address of a name; for tests. */
  resolve?(hostname: string): Promise<string[]>;
}

export interface SafeRequest {
  url: string;
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** For the whole exchange, names and body included. */
  timeoutMs: number;
  maxBytes: number;
  signal?: AbortSignal;
}

export interface SafeResponse {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Its body comes piece by piece, for as long as whoever sends it likes; not more than `maxBytes` of it. */
export interface SafeStream {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: AsyncIterable<Uint8Array>;
  /** All of it, for whoever does not read it piece by piece. */
  text(): Promise<string>;
  /** Whoever does not read it to its end says so. */
  close(): void;
}

export interface SafeFetch {
  /** Rejects with FORBIDDEN before anything is sent, with UNAVAILABLE or TOO_LARGE after. Redirects are not followed. */
  (request: SafeRequest): Promise<SafeResponse>;
  /** The same, answered as soon as the answer begins: `timeoutMs` is for that, `signal` for the whole. */
  open(request: SafeRequest): Promise<SafeStream>;
  close(): void;
}

/** Services that are never agents or webhooks, though their ports be open. */
const DENIED_PORTS = new Set([
  22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 465, 587, 636, 993, 995, 2049, 2375, 2376, 2379, 3306,
  3389, 5432, 5671, 5672, 6379, 6443, 8086, 9042, 9092, 9200, 9300, 10250, 11211, 15672, 25672, 27017,
]);
const LOW_PORTS = new Set([80, 443]);

/** Names that lead inside whatever they resolve to. Only an address that the administrator named makes up for it. */
const INNER_NAME = /^[^.]+$|(^|\.)(localhost|internal|local|lan|home\.arpa|corp|intranet)$/;

/**
 * The one way out for requests whose address somebody else chose. The name is resolved once, every address that it has
 * must be allowed, and the connection goes to an address that was checked: a second look-up cannot lead elsewhere.
 */
export function createSafeFetch(options: SafeFetchOptions): SafeFetch {
  const policy = createAddressPolicy(options.allow);
  const resolve = options.resolve ?? resolveAll;
  const agents = { http: new http.Agent(AGENT), https: new https.Agent(AGENT) };

  async function begin(request: SafeRequest, signal: AbortSignal): Promise<Begun> {
    const url = checkUrl(request.url);
    const addresses = addressIn(url, policy) ?? (await withinSignal(lookUp(url, policy, resolve), signal));
    return exchange({ request, url, addresses, signal, agents });
  }

  async function send(request: SafeRequest): Promise<SafeResponse> {
    const timeout = AbortSignal.timeout(request.timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
    const { incoming, end } = await begin(request, signal);
    try {
      const body = await textOf(incoming, request.maxBytes, end);
      return { status: incoming.statusCode ?? 0, headers: incoming.headers, body };
    } catch (error) {
      end();
      // A line that we have cut for its slowness looks as if the other side had cut it.
      if (timeout.aborted) throw timeout.reason;
      throw signal.aborted ? calledOff(signal.reason) : error;
    }
  }

  async function open(request: SafeRequest): Promise<SafeStream> {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new DOMException('too late', 'TimeoutError')),
      request.timeoutMs,
    );
    const signal = request.signal ? AbortSignal.any([request.signal, late.signal]) : late.signal;
    try {
      const { incoming, end } = await begin(request, signal);
      const { maxBytes } = request;
      return {
        ...{ status: incoming.statusCode ?? 0, headers: incoming.headers, close: end },
        body: piecesOf(incoming, maxBytes, end),
        text: () => textOf(incoming, maxBytes, end),
      };
    } finally {
      clearTimeout(timer);
    }
  }

  const fetch = ((request) => send(request).catch((error) => Promise.reject(toError(error)))) as SafeFetch;
  fetch.open = (request) => open(request).catch((error) => Promise.reject(toError(error)));
  fetch.close = () => {
    agents.http.destroy();
    agents.https.destroy();
  };
  return fetch;
}

/** As many lines are kept as there may be: one that is closed for want of room is opened again by the next request. */
const AGENT = { keepAlive: true, maxSockets: 64, maxFreeSockets: 64, timeout: 60_000 };

/** The same words whatever was wrong with the address: an answer that tells would map the inside for whoever asks. */
function refusal(): SignalboxError {
  return new SignalboxError('FORBIDDEN', 'Requests to this address are not allowed.', {
    advice:
      'Use a public http or https address, or let an administrator add its network to SIGNALBOX_OUTBOUND_ALLOW.',
  });
}

function checkUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw refusal();
  if (url.username !== '' || url.password !== '' || url.hostname === '') throw refusal();
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  if (DENIED_PORTS.has(port) || (port < 1024 && !LOW_PORTS.has(port))) throw refusal();
  return url;
}

const hostnameOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.+$/, '');

/**
 * An address as such; null: it is a name. The URL parser has already made one address of all ways to write it: 0x7f.1,
 * 2130706433, [::ffff:7f00:1].
 */
function addressIn(url: URL, policy: AddressPolicy): string[] | null {
  const hostname = hostnameOf(url);
  if (isIP(hostname) === 0) return null;
  if (!policy.allows(hostname)) throw refusal();
  return [hostname];
}

async function lookUp(
  url: URL,
  policy: AddressPolicy,
  resolve: (hostname: string) => Promise<string[]>,
): Promise<string[]> {
  const hostname = hostnameOf(url);
  const addresses = await resolve(hostname);
  const isInner = INNER_NAME.test(hostname.toLowerCase());
  const isFine = isInner ? policy.isAllowListed : policy.allows;
  if (addresses.length === 0 || !addresses.every((address) => isIP(address) !== 0 && isFine(address)))
    throw refusal();
  return addresses;
}

async function resolveAll(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);
}

interface Exchange {
  request: SafeRequest;
  url: URL;
  addresses: readonly string[];
  signal: AbortSignal;
  agents: { http: http.Agent; https: https.Agent };
}

/** Answers with what was checked, whatever the name may resolve to by now. */
function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, options, callback) => {
    if (options.all) callback(null, all);
    else callback(null, all[0]?.address ?? '', all[0]?.family ?? 4);
  };
}

interface Begun {
  incoming: http.IncomingMessage;
  end(): void;
}

function exchange({ request, url, addresses, signal, agents }: Exchange): Promise<Begun> {
  const isTls = url.protocol === 'https:';
  const { promise, resolve, reject } = Promise.withResolvers<Begun>();
  const { body } = request;
  const outgoing = (isTls ? https : http).request(url, {
    method: request.method ?? 'GET',
    agent: isTls ? agents.https : agents.http,
    lookup: pinned(addresses),
    headers: {
      accept: 'application/json',
      // What is small on the wire may be huge unpacked.
      'accept-encoding': 'identity',
      'user-agent': 'signalbox',
      ...request.headers,
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    },
  });
  // Not as an option: the line would keep it, which outlives the request and carries those of others.
  const abort = () => {
    reject(calledOff(signal.reason));
    // Without the reason: a line that somebody has just finished with has nobody who would hear of it.
    outgoing.destroy();
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  // From the end of an answer on its line is somebody else's, before the request is said to be closed.
  const letGo = () => signal.removeEventListener('abort', abort);
  outgoing.on('close', letGo);
  outgoing.on('error', reject);
  outgoing.on('response', (incoming) => {
    // Whoever reads it hears of it; nobody else needs to.
    incoming.on('error', reject);
    incoming.on('end', letGo);
    resolve({ incoming, end: () => outgoing.destroy() });
  });
  // A text goes out with the headers in one piece.
  outgoing.end(body, 'utf8');
  return promise;
}

const calledOff = (cause: unknown): Error =>
  Object.assign(new Error('The request was called off.', { cause }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  });

/** Without an iterator: most answers are one piece, and it would cost more than all the rest of reading them. */
function textOf(incoming: http.IncomingMessage, maxBytes: number, end: () => void): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const fail = (error: Error): void => {
    end();
    reject(error);
  };
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) fail(tooLarge(maxBytes));
    else chunks.push(chunk);
  });
  incoming.on('end', () => resolve(Buffer.concat(chunks, bytes).toString('utf8')));
  incoming.on('error', fail);
  const encoding = encodingOf(incoming);
  if (encoding !== null) fail(encoding);
  return promise;
}

async function* piecesOf(
  incoming: http.IncomingMessage,
  maxBytes: number,
  end: () => void,
): AsyncGenerator<Uint8Array> {
  let isWhole = false;
  try {
    const encoding = encodingOf(incoming);
    if (encoding !== null) throw encoding;
    let bytes = 0;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
    isWhole = true;
  } finally {
    // Read to its end the line is kept for the next request; else it is of no more use.
    if (!isWhole) end();
  }
}

/** What is wrong with it; null: nothing. */
function encodingOf({ headers }: http.IncomingMessage): SignalboxError | null {
  const encoding = headers['content-encoding'] ?? 'identity';
  return encoding === 'identity' ? null : unusable(`it is encoded as ${encoding}, which was not asked for`);
}

const tooLarge = (maxBytes: number): SignalboxError =>
  new SignalboxError('TOO_LARGE', `The answer is larger than ${maxBytes} bytes.`);

function unusable(why: string): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `The answer cannot be used: ${why}.`);
}

function withinSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort));
}

function toError(error: unknown): SignalboxError {
  if (error instanceof SignalboxError) return error;
  const { code, name } = error as { code?: unknown; name?: unknown };
  const isTimeout = name === 'TimeoutError' || (name === 'AbortError' && code === 'ABORT_ERR');
  const why = isTimeout ? 'it took too long' : String(code ?? (error as Error).message);
  return new SignalboxError('UNAVAILABLE', `The request failed: ${why}.`, {
    cause: error,
    details: { reached: code !== 'ECONNREFUSED' && code !== 'ENOTFOUND' && code !== 'EAI_AGAIN' },
  });
}
