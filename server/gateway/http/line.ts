import type { SafeFetch, SafeStream } from '#server/platform/safe-fetch.ts';

/** The way to servers: one request, and its answer as it comes. Nothing is followed anywhere. */
export type Line = (request: LineRequest) => Promise<SafeStream>;

export interface LineRequest {
  url: string;
  method: 'GET' | 'POST' | 'DELETE';
  /** Their names in small letters. */
  headers: Readonly<Record<string, string>>;
  body?: string;
  /** An answer, or what is told in between, is not larger. */
  maxMessageBytes?: number;
  signal?: AbortSignal;
}

/** The largest answer, or stretch of a stream, that is read before the line is cut. */
const MAX_STREAM_BYTES = 128 * 1024 * 1024;
const MAX_HEAD_MS = 600_000;

/** Never sent on, whoever sets them: they are this side's own affair. */
const DROPPED = ['host', 'content-length', 'connection', 'transfer-encoding', 'accept-encoding'];

/** The one way out for addresses that others choose, with the limits of a conversation that may take long. */
export function toLine(safeFetch: Pick<SafeFetch, 'open'>): Line {
  return ({ headers, ...request }) => {
    const sent = { ...headers };
    for (const name of DROPPED) if (name in sent) delete sent[name];
    // Calls have a limit of their own; this one is for a line that nobody watches.
    return safeFetch.open({
      ...{ ...request, headers: sent },
      timeoutMs: MAX_HEAD_MS,
      maxBytes: MAX_STREAM_BYTES,
    });
  };
}

export const isJson = ({ headers }: Pick<SafeStream, 'headers'>): boolean =>
  /^application\/json\b/i.test(headers['content-type'] ?? '');
