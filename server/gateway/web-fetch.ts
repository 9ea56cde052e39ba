import type { SafeFetch, SafeStream } from '#server/platform/safe-fetch.ts';

/** The largest answer, or stretch of a stream, that is read before the line is cut. */
const MAX_STREAM_BYTES = 128 * 1024 * 1024;
const MAX_HEAD_MS = 600_000;
const BODILESS = new Set([204, 205, 304]);

/** Never sent on, whoever sets them: they are this side's own affair. */
const DROPPED = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'accept-encoding']);

/**
 * The one way out in the form that the MCP client asks for. Answers come as streams, since events of a call are
 * read while it goes on; nothing is followed anywhere.
 */
export function toStreamingFetch(
  safeFetch: SafeFetch,
): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => {
    const headers = Object.fromEntries([...new Headers(init.headers)].filter(([name]) => !DROPPED.has(name)));
    const answer = await safeFetch.open({
      url: String(url),
      method: methodOf(init.method),
      headers,
      ...(init.body === undefined || init.body === null ? {} : { body: String(init.body) }),
      ...(init.signal ? { signal: init.signal } : {}),
      // Calls have a limit of their own; this one is for a line that nobody watches.
      timeoutMs: MAX_HEAD_MS,
      maxBytes: MAX_STREAM_BYTES,
    });
    const given = Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    const body = BODILESS.has(answer.status) ? null : await toBody(answer);
    return new Response(body, { status: answer.status, headers: given });
  };
}

function methodOf(method = 'GET'): 'GET' | 'POST' | 'DELETE' {
  return method === 'POST' || method === 'DELETE' ? method : 'GET';
}

/** What comes in one piece is read in one piece; events are read as they come. */
async function toBody(answer: SafeStream): Promise<string | ReadableStream<Uint8Array>> {
  const isJson = /^application\/json\b/i.test(answer.headers['content-type'] ?? '');
  if (!isJson) return toWebStream(answer);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function toWebStream({ body, close }: SafeStream): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: close,
  });
}
