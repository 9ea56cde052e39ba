import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from './port.ts';

export interface ObjectStoreHarness {
  /** Started, with `maxObjectBytes` as below. */
  store: ObjectStore;
  /** Puts other bytes where the object lies, as a failing disk would. */
  damage(hash: string, bytes: Uint8Array): Promise<void>;
  /** How many things lie in the store, leftovers of failed writes included. */
  count(): Promise<number>;
  close(): Promise<void>;
}

export const CONTRACT_MAX_OBJECT_BYTES = 8 * 1024 * 1024;

/** The promises of port.ts, held to every adapter alike. */
export function describeObjectStoreContract(
  name: string,
  makeHarness: () => Promise<ObjectStoreHarness>,
): void {
  describe(`object store contract: ${name}`, () => {
    let harness: ObjectStoreHarness;
    beforeAll(async () => {
      harness = await makeHarness();
    });
    afterAll(async () => {
      await harness.close();
    });
    const use = (): ObjectStoreHarness => harness;
    describeStoring(use);
    describeReading(use);
  });
}

type Use = () => ObjectStoreHarness;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8');

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function describeStoring(use: Use): void {
  it('names what it stores by its hash, once however often it is stored', async () => {
    const { store, count } = use();
    const content = bytesOf('stored three times');
    const stored = await store.put(content);
    expect(stored).toEqual({ hash: sha256(content), bytes: content.byteLength });
    const before = await count();
    expect(await store.put(content)).toEqual(stored);
    await Promise.all(Array.from({ length: 5 }, () => store.put(inChunks(content, 4))));
    expect(await count()).toBe(before);
    expect(Buffer.from(await store.get(stored.hash)).toString()).toBe('stored three times');
  });

  it('stores an empty object and a stream of megabytes', async () => {
    const { store } = use();
    const empty = await store.put(new Uint8Array());
    expect(empty.bytes).toBe(0);
    expect(await store.get(empty.hash)).toHaveLength(0);
    const large = Uint8Array.from({ length: 5_000_001 }, (_, i) => (i * 7 + (i >> 8)) % 256);
    const { hash, bytes } = await store.put(inChunks(large, 65_536));
    expect({ hash, bytes }).toEqual({ hash: sha256(large), bytes: large.byteLength });
    expect(sha256(await store.get(hash))).toBe(hash);
    const opened = await store.open(hash);
    expect(opened.bytes).toBe(large.byteLength);
    expect(sha256(await readAll(opened.content))).toBe(hash);
  });

  it('leaves nothing of a stream that breaks off or grows too large', async () => {
    const { store, count } = use();
    const before = await count();
    const breaksOff = async function* () {
      yield bytesOf('a beginning');
      throw new Error('the sender is gone');
    };
    await expect(store.put(breaksOff())).rejects.toThrow('the sender is gone');
    const tooMuch = inChunks(new Uint8Array(CONTRACT_MAX_OBJECT_BYTES + 1), 1024 * 1024);
    await expect(store.put(tooMuch)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await count()).toBe(before);
  });

  it('announces an object before it is there, and keeps nothing of it when that is refused', async () => {
    const { store, count } = use();
    const content = bytesOf('announced');
    const known = { hash: sha256(content), bytes: content.byteLength };
    const before = await count();
    const refused = store.put(content, async () => {
      throw new Error('not now');
    });
    await expect(refused).rejects.toThrow('not now');
    expect(await count()).toBe(before);
    const seen: unknown[] = [];
    await store.put(content, async (object) => {
      seen.push(object, await store.has(object.hash));
    });
    expect(seen).toEqual([known, false]);
    expect(await store.has(known.hash)).toBe(true);
  });

  it('deletes an object, and says whether it was there', async () => {
    const { store } = use();
    const { hash } = await store.put(bytesOf('to be deleted'));
    expect(await store.delete(hash)).toBe(true);
    expect(await store.delete(hash)).toBe(false);
    expect(await store.has(hash)).toBe(false);
    expect(await store.put(bytesOf('to be deleted'))).toMatchObject({ hash });
    expect(await store.has(hash)).toBe(true);
  });
}

function describeReading(use: Use): void {
  it('knows what is there and what is not', async () => {
    const { store } = use();
    const { hash, bytes } = await store.put(bytesOf('here'));
    expect(await store.has(hash)).toBe(true);
    expect(await store.stat(hash)).toEqual({ hash, bytes });
    const missing = sha256(bytesOf('never stored'));
    expect(await store.has(missing)).toBe(false);
    expect(await store.stat(missing)).toBeNull();
    await expect(store.get(missing)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(store.open(missing)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    '../../etc/passwd',
    '',
    'A'.repeat(64),
    `${'a'.repeat(63)}/`,
    `${'a'.repeat(64)}\n`,
    'a'.repeat(65),
  ])('refuses %j as a hash', async (hash) => {
    const { store } = use();
    const refused = expect.objectContaining({ code: 'INVALID' });
    const ask = async (): Promise<unknown[]> => {
      const calls = [store.get, store.open, store.has, store.stat, store.delete];
      return Promise.all(calls.map(async (call) => call(hash).catch((error: unknown) => error)));
    };
    expect(await ask()).toEqual([refused, refused, refused, refused, refused]);
  });

  it.each([
    ['other bytes of the same length', (size: number) => new Uint8Array(size)],
    ['a part of it', (size: number) => new Uint8Array(size - 5)],
    ['more than it', (size: number) => new Uint8Array(size + 5)],
  ])('never hands out damaged content as whole: %s', async (what, damaged) => {
    const { store, damage } = use();
    const content = bytesOf(`precious content that ${what} replaces`);
    const { hash } = await store.put(content);
    await damage(hash, damaged(content.byteLength));
    await expect(store.get(hash)).rejects.toMatchObject({ code: 'INTERNAL' });
    const opened = await store.open(hash);
    await expect(readAll(opened.content)).rejects.toMatchObject({ code: 'INTERNAL' });
    await store.delete(hash);
  });
}
