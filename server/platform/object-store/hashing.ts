import { createHash } from 'node:crypto';
import { type ObjectContent, objectDamaged, objectTooLarge, type StoredObject } from './port.ts';

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Passes content on while counting and hashing it; `result` is known when it has ended. */
export function measured(content: ObjectContent, maxBytes: number) {
  const hasher = createHash('sha256');
  let bytes = 0;
  let result: StoredObject | undefined;
  async function* pass(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunksOf(content)) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw objectTooLarge(maxBytes);
      hasher.update(chunk);
      yield chunk;
    }
    result = { hash: hasher.digest('hex'), bytes };
  }
  return {
    content: pass(),
    result(): StoredObject {
      if (!result) throw new Error('The content was not read to its end.');
      return result;
    },
  };
}

/** Passes content on and ends with an error when it was not what the hash names. */
export async function* verified(
  expected: StoredObject,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hasher = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.byteLength;
    // Never hand out more than was promised, however long the damaged source goes on.
    if (bytes > expected.bytes) throw objectDamaged(expected.hash);
    hasher.update(chunk);
    yield chunk;
  }
  if (bytes !== expected.bytes || hasher.digest('hex') !== expected.hash) throw objectDamaged(expected.hash);
}

export async function collect(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* chunksOf(content: ObjectContent): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else yield* content;
}
