import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsOf } from './events.ts';

async function read(chunks: Iterable<Uint8Array>): Promise<string[]> {
  const source = (async function* () {
    yield* chunks;
  })();
  const found: string[] = [];
  for await (const text of eventsOf(source)) found.push(text);
  return found;
}

function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) return;
    yield bytes.subarray(at, at + size);
    at += size;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}

const STREAM = [
  ': keepalive\n\n',
  'event: message\ndata: {"a":"é😀"}\n\n',
  'data: first\r\ndata: second\r\n\r\n',
  'event: endpoint\ndata: left out\n\n',
  'id: 1\rdata:no space\r\r',
  'data\n\n',
  'data: never ended',
].join('');

test('messages are read alike, however the stream is cut into pieces', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(sizes, async (given) => {
      expect(await read(cut(Buffer.from(STREAM), given))).toEqual([
        ...['{"a":"é😀"}', 'first\nsecond', 'no space', ''],
      ]);
    }),
  );
});
