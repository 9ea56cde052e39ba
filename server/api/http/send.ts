import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, gzipSync } from 'node:zlib';
import { isOutage } from '#server/domain/outages.ts';
import type { Logger } from '#server/platform/logger.ts';
import { quotaHeadersOf, retryAfterOf, toProblem } from './problem.ts';
import type { Answer } from './router.ts';

/** Where an answer goes. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  id: string;
  /** For metrics and the log: the pattern, never the path itself. */
  route: string;
}

export interface Sending {
  headers?: Readonly<Record<string, string>>;
  /**
   * It holds a secret. Packed together with text that a stranger chose, its length would tell what the secret is.
   */
  isSecret?: boolean;
  /** Whoever has just this already is told so. */
  isTagged?: boolean;
}

/** What is shorter goes out at once in the first packets of any connection: packing it would only cost time. */
const PACKED_FROM_BYTES = 4 * 1024;
/** Up to here packing takes less than handing it to another thread, and no longer than making the text did. */
const PACKED_HERE_BYTES = 64 * 1024;
const packElsewhere = {
  br: promisify(brotliCompress),
  gzip: promisify(gzip),
};
/** Small and quick rather than smallest: each answer is made once. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const GZIP = { level: 1 };

type Encoding = keyof typeof packElsewhere;

function pack(bytes: Buffer, encoding: Encoding): Buffer | Promise<Buffer> {
  if (encoding === 'br') return packElsewhere.br(bytes, BROTLI);
  return bytes.byteLength <= PACKED_HERE_BYTES ? gzipSync(bytes, GZIP) : packElsewhere.gzip(bytes, GZIP);
}

export async function sendAnswer(exchange: Exchange, answer: Answer, sending: Sending = {}): Promise<void> {
  if ('stream' in answer) return answer.stream(exchange.response);
  if ('body' in answer) {
    return sendJson(exchange, answer, { ...sending, headers: { ...answer.headers } });
  }
  const { response } = exchange;
  setHeaders(response, { 'content-type': answer.contentType, ...answer.headers });
  response.writeHead(answer.status);
  response.end(answer.text);
}

/** What is JSON already is not made again. */
type JsonAnswer = { status: number } & ({ body: unknown } | { json: string });

export async function sendJson(
  exchange: Exchange,
  answer: JsonAnswer,
  { headers, isSecret = false, isTagged = false }: Sending = {},
): Promise<void> {
  const { request, response } = exchange;
  const { status } = answer;
  setHeaders(response, headers);
  if (status === 204) return end(response, status);
  if (status === 200 && isKnown(request, headers?.etag)) return end(response, 304);
  const isProblem = status >= 400 && status !== 503;
  response.setHeader('content-type', `application/${isProblem ? 'problem+json' : 'json'}; charset=utf-8`);
  const text = 'json' in answer ? answer.json : JSON.stringify(answer.body);
  if (isTagged && status === 200) {
    const etag = setTag(response, text);
    if (isKnown(request, etag)) return end(response, 304);
  }
  if (!isSecret) response.appendHeader('vary', 'accept-encoding');
  // A character is a byte or more.
  const encoding = isSecret || text.length < PACKED_FROM_BYTES ? undefined : encodingFor(request);
  if (encoding === undefined) return end(response, status, text);
  response.setHeader('content-encoding', encoding);
  end(response, status, await pack(Buffer.from(text), encoding));
}

export function sendError(exchange: Exchange, error: unknown, logger: Logger): void {
  const { response, request, id } = exchange;
  const problem = toProblem(error, id);
  if (problem.status === 500 || isOutage(error))
    logger.error({ id, route: exchange.route, err: error }, 'request failed');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  sayWhenAgain(response, [error]);
  if (!request.complete) linger(request);
  response.setHeader('content-type', 'application/problem+json; charset=utf-8');
  response.removeHeader('content-encoding');
  response.removeHeader('etag');
  response.setHeader('cache-control', 'no-store');
  end(response, problem.status, JSON.stringify(problem));
}

/** Of several that were refused together, the one that must wait longest says when it makes sense to send all of it again. */
export function sayWhenAgain(response: ServerResponse, errors: readonly unknown[]): void {
  for (const quota of errors.map(quotaHeadersOf)) {
    if (!quota) continue;
    response.appendHeader('ratelimit-policy', quota.policy);
    response.appendHeader('ratelimit', quota.standing);
  }
  const waits = errors.map(retryAfterOf).filter((wait) => wait !== undefined);
  if (waits.length > 0) response.setHeader('retry-after', String(Math.max(...waits)));
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

function setHeaders(response: ServerResponse, headers: Sending['headers']): void {
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
}

/** A text goes out in one piece with its headers. */
function end(response: ServerResponse, status: number, body?: Buffer | string): void {
  // Nothing is kept but what says so itself.
  if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 'no-store');
  if (body !== undefined) response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(status);
  response.end(body);
}

/** It is for whoever asked alone, and to be asked for anew each time: rights may have gone meanwhile. */
function setTag(response: ServerResponse, text: string): string {
  const etag = `"${hash('sha256', text, 'base64url').slice(0, 22)}"`;
  setHeaders(response, { etag, 'cache-control': 'private, no-cache' });
  response.appendHeader('vary', 'cookie, authorization');
  return etag;
}

/** Whether the caller has just this already. Weak and strong tags are alike to a GET. */
export function isKnown(request: IncomingMessage, etag: string | undefined): boolean {
  if (etag === undefined || request.method !== 'GET') return false;
  const given = request.headers['if-none-match'] ?? '';
  return given.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

function encodingFor(request: IncomingMessage): Encoding | undefined {
  const accepted = new Map<string, number>();
  for (const part of String(request.headers['accept-encoding'] ?? '').split(',')) {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    const q = parameters.find((word) => word.startsWith('q='));
    accepted.set(name, q === undefined ? 1 : Number(q.slice(2)));
  }
  const accepts = (name: string) => (accepted.get(name) ?? accepted.get('*') ?? 0) > 0;
  return (['br', 'gzip'] as const).find(accepts);
}
