import { SignalboxError } from '#server/domain/errors.ts';
import type { SafeStream } from '#server/platform/safe-fetch.ts';
import { isJson, type Line } from './line.ts';

const BODILESS = new Set([204, 205, 304]);

/**
 * A line in the form that the protocol's library asks for. Events of a call are read while it goes on.
 * `onCut` is told when a stream is ended from here, as by one that sends too much.
 */
export function toStreamingFetch(
  line: Line,
  onCut?: (why: SignalboxError) => void,
): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => {
    const answer = await line({
      url: String(url),
      method: methodOf(init.method),
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(init.body === undefined || init.body === null ? {} : { body: String(init.body) }),
      ...(init.signal ? { signal: init.signal } : {}),
    });
    const body = BODILESS.has(answer.status) ? null : await toBody(answer, onCut);
    return new Response(body, { status: answer.status, headers: headersOf(answer) });
  };
}

export const headersOf = ({ headers }: Pick<SafeStream, 'headers'>): [string, string][] =>
  Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );

function methodOf(method = 'GET'): 'GET' | 'POST' | 'DELETE' {
  return method === 'POST' || method === 'DELETE' ? method : 'GET';
}

const toBody = async (
  answer: SafeStream,
  onCut?: (why: SignalboxError) => void,
): Promise<string | ReadableStream<Uint8Array>> =>
  isJson(answer) ? answer.text() : toWebStream(answer, onCut);

function toWebStream(
  { body, close }: SafeStream,
  onCut?: (why: SignalboxError) => void,
): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  async function next(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await iterator.next();
    } catch (error) {
      // All others are of the other side, which may be there again.
      if (error instanceof SignalboxError) onCut?.(error);
      throw error;
    }
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: close,
  });
}
