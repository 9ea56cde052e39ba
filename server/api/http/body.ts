import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { invalid, SignalboxError } from '#server/domain/errors.ts';
import { type Json, parseJsonBounded } from '#server/domain/json.ts';

export interface BodyLimits {
  maxBytes: number;
  maxDepth: number;
}

function tooLarge(maxBytes: number): SignalboxError {
  return new SignalboxError('TOO_LARGE', `The body is larger than ${maxBytes} bytes.`, {
    advice: 'Send less, or raise SIGNALBOX_PAYLOAD_MAX.',
  });
}

/** Refused at once when the sender says that it is too much, else as soon as it is. */
export function readStream(request: IncomingMessage, maxBytes: number): AsyncIterable<Uint8Array> {
  checkLength(request, maxBytes);
  return limited(request, maxBytes);
}

function checkLength({ headers }: IncomingMessage, maxBytes: number): void {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
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
function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  checkLength(request, maxBytes);
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
    reject(tooLarge(maxBytes));
  };
  request.on('data', read);
  request.once('end', () => resolve(text + decoder.end()));
  request.once('error', reject);
  request.once('close', () => {
    if (!request.complete) reject(new Error('The sender has gone before the end of the body.'));
  });
  return promise;
}

/** How deep anything that comes in may be nested. */
export const MAX_BODY_DEPTH = 100;

/** An empty body counts as an empty object: verbs without fields need none. */
export async function readJsonBody(request: IncomingMessage, limits: BodyLimits): Promise<Json> {
  const text = await readText(request, limits.maxBytes);
  if (text === '') return {};
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw invalid('The body must be JSON.', undefined, 'Send it with Content-Type: application/json.');
  }
  const parsed = parseJsonBounded(text, limits);
  if (parsed.ok) return parsed.value;
  if (parsed.problem.code === 'too-large') throw tooLarge(limits.maxBytes);
  throw invalid(`The body cannot be read. ${parsed.problem.message}`);
}
