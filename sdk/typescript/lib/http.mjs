// @ts-check
import { SignalboxError } from './errors.mjs';
import { backoffMs, pause } from './pauses.mjs';

/** @import { JsonObject } from '../index.mjs' */

/**
 * @typedef {{ url?: string | undefined, token?: string | undefined, timeoutMs?: number | undefined,
 *   retryForMs?: number | undefined, fetch?: typeof globalThis.fetch | undefined }} HttpOptions
 * @typedef {{ method?: string, path: string, query?: object | undefined, body?: unknown, headers?: Record<string, string>,
 *   signal?: AbortSignal | undefined, timeoutMs?: number, isSafe?: boolean, retryForMs?: number, as?: 'json' | 'text' | 'bytes' }} Request
 */

const DEFAULT_URL = 'http://127.0.0.1:3000';
/** Errors of a connection that never came about: nothing was sent, so anything may be tried again. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
const BUSY = new Set([502, 503, 504]);

/**
 * Requests to one server: who calls, how long it waits, what an answer that is no success means.
 * @param {HttpOptions} [options]
 */
export function createHttp(options = {}) {
  const base = readBase(options.url || process.env.SIGNALBOX_URL || DEFAULT_URL);
  const token = options.token ?? process.env.SIGNALBOX_TOKEN;
  const timeoutMs = options.timeoutMs ?? 30_000;
  const retryForMs = options.retryForMs ?? 30_000;
  const doFetch = options.fetch ?? globalThis.fetch;

  /** @param {Request} request */
  async function open({ method = 'GET', path, query, body, headers = {}, signal }) {
    // The tools stand beside the API.
    const url = new URL(`${base}${path.startsWith('/tools/') ? '' : '/api/v1'}${path}`);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    }
    const isJson = body !== undefined && !(body instanceof Uint8Array);
    /** @type {Record<string, string>} */
    const all = {
      accept: 'application/json',
      ...(isJson ? { 'content-type': 'application/json' } : {}),
      ...headers,
    };
    if (token) all.authorization = `Bearer ${token}`;
    const data = isJson && typeof body !== 'string' ? JSON.stringify(body) : body;
    try {
      const response = await doFetch(url, {
        method,
        headers: all,
        ...(data === undefined ? {} : { body: /** @type {string | Uint8Array<ArrayBuffer>} */ (data) }),
        ...(signal ? { signal } : {}),
        redirect: 'error',
      });
      if (response.ok) return response;
      throw await readProblem(response);
    } catch (error) {
      throw error instanceof SignalboxError ? error : toUnreachable(error, base);
    }
  }

  /** @param {Request} request @returns {Promise<any>} */
  async function once(request) {
    const limit = AbortSignal.timeout(request.timeoutMs ?? timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, limit]) : limit;
    try {
      const response = await open({ ...request, signal });
      if (request.as === 'text') return await response.text();
      if (request.as === 'bytes') return new Uint8Array(await response.arrayBuffer());
      const text = await response.text();
      return text === '' ? undefined : JSON.parse(text);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (limit.aborted) {
        throw new SignalboxError('TIMEOUT', `${base} did not answer ${request.path} in time.`, {
          cause: error,
        });
      }
      throw error instanceof SignalboxError ? error : toUnreachable(error, base);
    }
  }

  return {
    open,
    once,
    /**
     * Tries again what may be tried again, for a limited time: any request that the server has not seen or has turned
     * away unread, and one that is safe (the same twice is the same once) after any trouble on the way.
     * @param {Request} request @returns {Promise<any>}
     */
    async call(request) {
      const isSafe = request.isSafe ?? (request.method ?? 'GET') === 'GET';
      const until = performance.now() + (request.retryForMs ?? retryForMs);
      for (let failures = 1; ; failures += 1) {
        try {
          return await once(request);
        } catch (error) {
          if (!(error instanceof SignalboxError) || !mayTryAgain(error, isSafe)) throw error;
          const waitMs = backoffMs(failures, { mostMs: 5000, retryAfterMs: error.retryAfterMs });
          if (performance.now() + waitMs > until) throw error;
          await pause(waitMs, request.signal);
          request.signal?.throwIfAborted();
        }
      }
    },
  };
}
/** @typedef {ReturnType<typeof createHttp>} Http */

/** @param {SignalboxError} error @param {boolean} isSafe */
export function mayTryAgain(error, isSafe) {
  if (error.status === 429 || !error.wasSent) return true;
  return isSafe && isPassing(error);
}

/**
 * Trouble that may be gone at the next try.
 * @param {SignalboxError} error
 */
export function isPassing({ status }) {
  return status === undefined || status === 429 || BUSY.has(status);
}

/** @param {string} given */
function readBase(given) {
  if (!URL.canParse(given) || !/^https?:/.test(given)) {
    throw new SignalboxError('INVALID', `${JSON.stringify(given)} is no address of a server.`, {
      advice: 'Give one such as http://127.0.0.1:3000, as `url` or as SIGNALBOX_URL.',
      wasSent: false,
    });
  }
  return given.replace(/\/+$/, '');
}

/** @param {unknown} error @param {string} base */
function toUnreachable(error, base) {
  const cause = /** @type {{ code?: string, message?: string } | undefined} */ (
    error instanceof Error ? error.cause : undefined
  );
  const why = cause?.code ?? cause?.message ?? (error instanceof Error ? error.message : String(error));
  return new SignalboxError('UNREACHABLE', `${base} cannot be reached: ${why}.`, {
    advice: 'Is the server running, and is SIGNALBOX_URL right?',
    wasSent: !NOT_SENT.has(cause?.code ?? ''),
    cause: error,
  });
}

/** @param {Response} response */
async function readProblem(response) {
  const text = await response.text().catch(() => '');
  /** @type {JsonObject} */
  let problem = {};
  try {
    problem = JSON.parse(text);
  } catch {
    // A proxy's page, not the server's answer.
  }
  const word = (/** @type {string} */ name) => {
    const value = problem?.[name];
    return typeof value === 'string' ? value : undefined;
  };
  const message = word('detail') ?? `The server answered ${response.status} ${response.statusText}.`;
  return new SignalboxError(word('code') ?? `HTTP_${response.status}`, message, {
    status: response.status,
    advice: word('advice'),
    requestId: word('instance') ?? response.headers.get('x-request-id') ?? undefined,
    retryAfterMs: readRetryAfter(response.headers.get('retry-after')),
    details: problem ?? {},
  });
}

/** @param {string | null} header seconds, or a date */
function readRetryAfter(header) {
  if (header === null) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
