import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { invalid, SignalboxError } from '#server/domain/errors.ts';
import { type Json, parseJsonBounded } from '#server/domain/json.ts';

export interface BodyLimits {
  maxBytes: number;
  maxDepth: number;
  /** What to do when it is larger, where that is not what it usually is. */
  advice?: string;
}

const SEND_LESS = 'Send less, or raise SIGNALBOX_PAYLOAD_MAX.';

function tooLarge(maxBytes: number, advice = SEND_LESS): SignalboxError {
  return new SignalboxError('TOO_LARGE', `The body is larger than ${maxBytes} bytes.`, { advice });
}

/** Refused at once when the sender says that it is too much, else as soon as it is. */
export function readStream(request: IncomingMessage, maxBytes: number): AsyncIterable<Uint8Array> {
  checkLength(request, { maxBytes });
  return limited(request, maxBytes);
}

type SizeLimit = Pick<BodyLimits, 'maxBytes' | 'advice'>;

function checkLength({ headers }: IncomingMessage, { maxBytes, advice }: SizeLimit): void {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes, advice);
}

async function* limited(request: IncomingMessage, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  // Kept open when we stop reading: whoever sends is still to hear why.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

/**
 * Decoded as it comes: a body of many megabytes is not kept as bytes, as a copy of them and as text. Without an iterator,
 * since most bodies are one small piece.
 */
function readText(request: IncomingMessage, limit: SizeLimit): Promise<string> {
  checkLength(request, limit);
  const { maxBytes, advice } = limit;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const decoder = new StringDecoder('utf8');
  let text = '';
  let bytes = 0;
  const read = (chunk: Buffer): void => {
    bytes += chunk.byteLength;
    if (bytes <= maxBytes) {
      text += decoder.write(chunk);
      return;
    }
    // Kept open: whoever sends is still to hear why.
    request.off('data', read);
    request.pause();
    reject(tooLarge(maxBytes, advice));
  };
  request.on('data', read);
  request.once('end', () => resolve(text + decoder.end()));
  request.once('error', reject);
  request.once('close', () => {
    if (!request.complete) reject(new Error('The sender has gone before the end of the body.'));
  });
  return promise;
}

/**
 * How deep anything that comes in may be nested. A graph may be 64 deep and an answer of an agent 80, and both come within
 * the fields of a call and a batch: less than this would refuse at the door what is fine behind it.
 */
export const MAX_BODY_DEPTH = 100;

/** Whoever has shown nothing can only sign in, accept an invitation and the like: all of it is short and flat. */
export const STRANGERS_BODY: BodyLimits = {
  maxBytes: 64 * 1024,
  maxDepth: 16,
  advice: 'Sign in, or send Authorization: Bearer with a key: those who are known may send more.',
};

/** An empty body counts as an empty object: verbs without fields need none. */
export async function readJsonBody(request: IncomingMessage, limits: BodyLimits): Promise<Json> {
  const text = await readText(request, limits);
  if (text === '') return {};
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw invalid('The body must be JSON.', undefined, 'Send it with Content-Type: application/json.');
  }
  const parsed = parseJsonBounded(text, limits);
  if (parsed.ok) return parsed.value;
  if (parsed.problem.code === 'too-large') throw tooLarge(limits.maxBytes, limits.advice);
  throw invalid(`The body cannot be read. ${parsed.problem.message}`);
}
