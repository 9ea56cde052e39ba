import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createAsking, type Hear } from './asking.ts';

function setUp() {
  let nowMs = 1000;
  const asking = createAsking(() => nowMs);
  const begin = (name: string, work?: () => Promise<unknown>) => {
    const gone = new AbortController();
    const done = Promise.withResolvers<void>();
    const hear: Hear = async (asked) =>
      Object.fromEntries(Object.keys(asked).map((key) => [key, { heardBy: name }]));
    const ended = asking.within({ hear, signal: gone.signal }, async () => {
      const said = await work?.();
      await done.promise;
      return said;
    });
    return { gone, ended, end: done.resolve };
  };
  return { asking, begin, pass: (ms: number) => (nowMs += ms) };
}

const ask = (asking: ReturnType<typeof createAsking>) => asking.hear('elicitation/create', {});
const attempt = async (asking: ReturnType<typeof createAsking>) => ask(asking);

describe('a question of a server', () => {
  test('that comes in the course of a call belongs to it, whatever else is under way', async () => {
    const { asking, begin } = setUp();
    const one = begin('one', async () => {
      await nextTurn();
      return ask(asking);
    });
    const two = begin('two', async () => ask(asking));
    one.end();
    two.end();
    expect(await Promise.all([one.ended, two.ended])).toEqual([{ heardBy: 'one' }, { heardBy: 'two' }]);
  });

  test('that comes by itself belongs to the only call there is, and of two to none', async () => {
    const { asking, begin } = setUp();
    await expect(attempt(asking)).rejects.toThrow('No call is under way');
    const one = begin('one');
    expect(await ask(asking)).toEqual({ heardBy: 'one' });
    const two = begin('two');
    await expect(attempt(asking)).rejects.toThrow('cannot be told which one');
    one.end();
    await one.ended;
    expect(await ask(asking)).toEqual({ heardBy: 'two' });
    two.end();
  });

  test('is not taken for that of another call when its own caller has just gone', async () => {
    const { asking, begin, pass } = setUp();
    const one = begin('one');
    one.gone.abort();
    one.end();
    await one.ended;
    const two = begin('two');
    await expect(attempt(asking)).rejects.toThrow('cannot be told which one');
    pass(60_000);
    expect(await ask(asking)).toEqual({ heardBy: 'two' });
    two.end();
  });
});
