import { lookup } from 'node:dns/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { Agent } from 'undici';
import { SignalboxError } from '#server/domain/errors.ts';
import { createLruMap, type LruMap } from '#server/domain/graph/lru-map.ts';
import { type AddressPolicy, createAddressPolicy } from './address-policy.ts';
import { toFetchError } from './fetch-faults.ts';
import { withinSignal } from './within-signal.ts';

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
  /** Of what is read as one: a body that is no stream, or one line of a stream. Left out: as of all. */
  maxMessageBytes?: number;
  signal?: AbortSignal;
}

export interface SafeResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Its body comes piece by piece, for as long as whoever sends it likes; not more than `maxBytes` of it. */
export interface SafeStream {
  status: number;
  headers: IncomingHttpHeaders;
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
  const checked = createLruMap<string, readonly string[]>(NAMES_REMEMBERED);
  const agent = new Agent({ ...LINES, connect: { lookup: lookupAmong(checked), timeout: CONNECT_MS } });

  async function begin(request: SafeRequest, signal: AbortSignal | undefined): Promise<Begun> {
    const url = checkUrl(request.url);
    if (!isAddress(url, policy)) {
      const looking = lookUp(url, policy, resolve);
      checked.set(url.hostname, await (signal ? withinSignal(looking, signal) : looking));
    }
    return exchange(agent, { request, url, signal });
  }

  async function send(request: SafeRequest): Promise<SafeResponse> {
    const timeout = AbortSignal.timeout(request.timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
    const { status, headers, content } = await begin(request, signal);
    try {
      return { status, headers, body: await textOf({ headers, content }, request.maxBytes) };
    } catch (error) {
      content.destroy();
      // A line that we have cut for its slowness looks as if the other side had cut it.
      if (timeout.aborted) throw timeout.reason;
      throw signal.aborted ? calledOff(signal.reason) : error;
    }
  }

  async function open(request: SafeRequest): Promise<SafeStream> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new DOMException('too late', 'TimeoutError')), request.timeoutMs);
    const begun = begin(request, request.signal);
    try {
      const { status, headers, content } = await Promise.race([begun, late]);
      const { maxBytes, maxMessageBytes = maxBytes } = request;
      return {
        ...{ status, headers, close: () => void content.destroy() },
        body: piecesOf({ headers, content }, { maxBytes, maxMessageBytes }),
        text: () => textOf({ headers, content }, Math.min(maxBytes, maxMessageBytes)),
      };
    } catch (error) {
      // What comes now is nobody's any more.
      begun.then(({ content }) => content.destroy()).catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  const fetch = ((request) =>
    send(request).catch((error) => Promise.reject(toFetchError(error)))) as SafeFetch;
  fetch.open = (request) => open(request).catch((error) => Promise.reject(toFetchError(error)));
  fetch.close = () => void agent.destroy();
  return fetch;
}

/**
 * As many lines to one server are kept as there may be: one that is closed for want of room is opened again by the next
 * request. One request at a time goes over each, and how long an answer may take is said with the request.
 */
const LINES = {
  ...{ connections: 64, pipelining: 1, allowH2: false, bodyTimeout: 0 },
  ...{ keepAliveTimeout: 60_000, keepAliveMaxTimeout: 60_000 },
};
const CONNECT_MS = 30_000;
const NAMES_REMEMBERED = 10_000;

/** The same words whatever was wrong with the address: an answer that tells would map the inside for whoever asks. */
function refusal(): SignalboxError {
  return new SignalboxError('FORBIDDEN', 'Requests to this address are not allowed.', {
    advice:
      'Use a public https address, or let an administrator add its network to SIGNALBOX_OUTBOUND_ALLOW.',
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

/** Inside, and without TLS, only what the administrator has named: on its way everybody could read a plain request, and answer it. */
function judgeOf(url: URL, policy: AddressPolicy): (address: string) => boolean {
  const isInner = isIP(hostnameOf(url)) === 0 && INNER_NAME.test(hostnameOf(url).toLowerCase());
  return isInner || url.protocol === 'http:' ? policy.isAllowListed : policy.allows;
}

const hostnameOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.+$/, '');

/**
 * Whether it is an address and no name. The URL parser has already made one address of all ways to write it: 0x7f.1,
 * 2130706433, [::ffff:7f00:1].
 */
function isAddress(url: URL, policy: AddressPolicy): boolean {
  const hostname = hostnameOf(url);
  if (isIP(hostname) === 0) return false;
  if (!judgeOf(url, policy)(hostname)) throw refusal();
  return true;
}

async function lookUp(
  url: URL,
  policy: AddressPolicy,
  resolve: (hostname: string) => Promise<string[]>,
): Promise<string[]> {
  const hostname = hostnameOf(url);
  const addresses = await resolve(hostname);
  const isFine = judgeOf(url, policy);
  if (addresses.length === 0 || !addresses.every((address) => isIP(address) !== 0 && isFine(address)))
    throw refusal();
  return addresses;
}

async function resolveAll(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);
}

/** Answers with what was checked, whatever the name may resolve to by now, and to a name that was not with nothing. */
function lookupAmong(checked: LruMap<string, readonly string[]>): LookupFunction {
  return (hostname, options, callback) => {
    const all = (checked.get(hostname) ?? []).map((address) => ({ address, family: isIP(address) }));
    const [first] = all;
    if (!first) callback(Object.assign(new Error('not checked'), { code: 'ENOTFOUND' }), '', 0);
    else if (options.all) callback(null, all);
    else callback(null, first.address, first.family);
  };
}

interface Begun {
  status: number;
  headers: IncomingHttpHeaders;
  content: Readable;
}

function exchange(
  agent: Agent,
  { request, url, signal }: { request: SafeRequest; url: URL; signal: AbortSignal | undefined },
): Promise<Begun> {
  const { promise, resolve, reject } = Promise.withResolvers<Begun>();
  // One that still waits for a line would else hear of it when it has one.
  const abort = () => reject(calledOff(signal?.reason));
  signal?.addEventListener('abort', abort, { once: true });
  const options = {
    ...{ origin: url.origin, path: `${url.pathname}${url.search}`, method: request.method ?? 'GET' },
    headers: { ...ALWAYS, ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
    ...(signal ? { signal } : {}),
    headersTimeout: request.timeoutMs,
  };
  agent.request(options, (error, answer) => {
    signal?.removeEventListener('abort', abort);
    if (error) return reject(signal?.aborted ? calledOff(signal.reason) : error);
    const { statusCode: status, headers, body: content } = answer;
    // Whoever reads it hears of it; nobody else needs to.
    content.on('error', () => undefined);
    if (signal?.aborted) content.destroy();
    resolve({ status, headers: headers as IncomingHttpHeaders, content });
  });
  return promise;
}

const ALWAYS = {
  accept: 'application/json',
  // What is small on the wire may be huge unpacked.
  'accept-encoding': 'identity',
  'user-agent': 'signalbox',
};

const calledOff = (cause: unknown): Error =>
  Object.assign(new Error('The request was called off.', { cause }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  });

type Coming = Pick<Begun, 'headers' | 'content'>;

/** Without an iterator: most answers are one piece, and it would cost more than all the rest of reading them. */
function textOf({ headers, content }: Coming, maxBytes: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const fail = (error: Error): void => {
    content.destroy();
    reject(error);
  };
  content.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) fail(tooLarge(maxBytes));
    else chunks.push(chunk);
  });
  content.on('end', () => resolve(Buffer.concat(chunks, bytes).toString('utf8')));
  content.on('error', fail);
  const encoding = encodingOf(headers);
  if (encoding !== null) fail(encoding);
  return promise;
}

const LINE_END = 10;

async function* piecesOf(
  { headers, content }: Coming,
  { maxBytes, maxMessageBytes }: { maxBytes: number; maxMessageBytes: number },
): AsyncGenerator<Uint8Array> {
  let isWhole = false;
  try {
    const encoding = encodingOf(headers);
    if (encoding !== null) throw encoding;
    let bytes = 0;
    let lineBytes = 0;
    for await (const chunk of content as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      const lineEnd = chunk.lastIndexOf(LINE_END);
      lineBytes = lineEnd === -1 ? lineBytes + chunk.byteLength : chunk.byteLength - lineEnd - 1;
      if (lineBytes > maxMessageBytes) throw tooLarge(maxMessageBytes);
      yield chunk;
    }
    isWhole = true;
  } finally {
    // Read to its end the line is kept for the next request; else it is of no more use.
    if (!isWhole) content.destroy();
  }
}

/** What is wrong with it; null: nothing. */
function encodingOf(headers: IncomingHttpHeaders): SignalboxError | null {
  const encoding = headers['content-encoding'] ?? 'identity';
  return encoding === 'identity' ? null : unusable(`it is encoded as ${encoding}, which was not asked for`);
}

const tooLarge = (maxBytes: number): SignalboxError =>
  new SignalboxError('TOO_LARGE', `The answer is larger than ${maxBytes} bytes.`);

function unusable(why: string): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `The answer cannot be used: ${why}.`);
}
