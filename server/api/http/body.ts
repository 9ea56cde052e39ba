import type { IncomingMessage } from 'node:http';
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

async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop must not destroy the request: its refusal is still to be sent.
  const pieces: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of pieces) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An empty body counts as an empty object: verbs without fields need none. */
export async function readJsonBody(request: IncomingMessage, limits: BodyLimits): Promise<Json> {
  const bytes = await readBytes(request, limits.maxBytes);
  if (bytes.byteLength === 0) return {};
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw invalid('The body must be JSON.', undefined, 'Send it with Content-Type: application/json.');
  }
  const parsed = parseJsonBounded(bytes.toString('utf8'), limits);
  if (parsed.ok) return parsed.value;
  if (parsed.problem.code === 'too-large') throw tooLarge(limits.maxBytes);
  throw invalid(`The body cannot be read. ${parsed.problem.message}`);
}
