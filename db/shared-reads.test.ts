import { expect, test } from 'vitest';
import { createSharedReads } from './shared-reads.ts';

/** Readings that end when they are told to, each answered with its number. */
function createSource() {
  const ends: PromiseWithResolvers<number>[] = [];
  return {
    begun: () => ends.length,
    read: () => {
      const end = Promise.withResolvers<number>();
      ends.push(end);
      return end.promise;
    },
    end: async (number: number) => {
      ends[number]?.resolve(number);
      await settle();
    },
    fail: async (number: number, error: Error) => {
      ends[number]?.reject(error);
      await settle();
    },
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('all who ask while the same is being read are answered by one reading that began after they had asked', async () => {
  const share = createSharedReads();
  const source = createSource();
  const first = share('list', source.read);
  const others = Array.from({ length: 1000 }, () => share('list', source.read));
  expect(source.begun()).toBe(1);

  await source.end(0);
  expect(await first).toBe(0);
  expect(source.begun()).toBe(2);

  // The second is under way: what is asked now is not answered by it.
  const late = share('list', source.read);
  await source.end(1);
  expect(new Set(await Promise.all(others))).toEqual(new Set([1]));
  await source.end(2);
  expect(await late).toBe(2);
});

test('one after the other, each has a reading of its own that begins at once', async () => {
  const share = createSharedReads();
  const source = createSource();
  for (const number of [0, 1, 2]) {
    const answer = share('list', source.read);
    expect(source.begun()).toBe(number + 1);
    await source.end(number);
    expect(await answer).toBe(number);
  }
});

test('different questions do not wait for each other', async () => {
  const share = createSharedReads();
  const source = createSource();
  void share('one', source.read);
  const other = share('other', source.read);
  await source.end(1);
  expect(await other).toBe(1);
});

test('a reading that fails is told to those who waited for it, and the next begins anew', async () => {
  const share = createSharedReads();
  const source = createSource();
  const first = share('list', source.read);
  const second = share('list', source.read);
  const isRefused = [expect(first).rejects.toThrow('cut off'), expect(second).rejects.toThrow('cut off too')];
  await source.fail(0, new Error('cut off'));
  await source.fail(1, new Error('cut off too'));
  await Promise.all(isRefused);

  const third = share('list', source.read);
  await source.end(2);
  expect(await third).toBe(2);
});

test('a reading that throws at once leaves nobody waiting', async () => {
  const share = createSharedReads();
  const refuse = () => {
    throw new Error('no line');
  };
  await expect(share('list', refuse)).rejects.toThrow('no line');
  await expect(share('list', () => Promise.resolve(7))).resolves.toBe(7);
});
