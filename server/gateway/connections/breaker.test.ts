import { describe, expect, test } from 'vitest';
import { createBreaker } from './breaker.ts';

function setUp() {
  let time = 0;
  const breaker = createBreaker({
    faults: 3,
    windowMs: 10_000,
    restMs: 1000,
    maxRestMs: 4000,
    now: () => time,
  });
  return {
    breaker,
    wait: (ms: number) => {
      time += ms;
    },
    answer(...faults: boolean[]) {
      for (const isFault of faults) {
        breaker.admit();
        breaker.settle(isFault);
      }
    },
  };
}

describe('a breaker', () => {
  test('opens at the fault that is one too many within its window, if that is half of all answers', () => {
    const { breaker, answer, wait } = setUp();
    answer(false, false, false, false, true, true, true);
    expect(breaker.look().state).toBe('closed');
    answer(true);
    expect(breaker.look().state).toBe('open');
    expect(() => breaker.admit()).toThrow('left alone');
    wait(999);
    expect(() => breaker.admit()).toThrow('left alone');
  });

  test('forgets faults of long ago', () => {
    const { breaker, answer, wait } = setUp();
    answer(true, true);
    wait(11_000);
    answer(true);
    expect(breaker.look().state).toBe('closed');
  });

  test('lets one call through when it has rested, and closes or rests for longer by what comes of it', () => {
    const { breaker, answer, wait } = setUp();
    answer(true, true, true);
    const rests: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      let rested = 0;
      while (breaker.look().state === 'open') {
        wait(1000);
        rested += 1000;
      }
      rests.push(rested);
      breaker.admit();
      expect(() => breaker.admit()).toThrow('left alone');
      if (round < 3) breaker.settle(true);
    }
    expect(rests).toEqual([1000, 2000, 4000, 4000]);
    breaker.settle(false);
    expect(breaker.look().state).toBe('closed');
    answer(true, true);
    expect(breaker.look().state).toBe('closed');
  });

  test('is not closed by an answer to what was asked before it opened', () => {
    const { breaker, answer } = setUp();
    breaker.admit();
    answer(true, true, true);
    breaker.settle(false);
    expect(breaker.look().state).toBe('open');
  });

  test('lets another try when whoever tried went away', () => {
    const { breaker, answer, wait } = setUp();
    answer(true, true, true);
    wait(1000);
    breaker.admit();
    breaker.forget();
    breaker.admit();
    breaker.settle(false);
    expect(breaker.look().state).toBe('closed');
  });
});
