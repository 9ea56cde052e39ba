import { expect, test } from 'vitest';
import { createServerClock } from './server-clock.ts';

const HOUR_MS = 3_600_000;

/** An answer that takes so long there and back, of a server that is so far ahead. */
const answer = (aheadMs: number, at: number, thereMs: number, backMs: number) => ({
  serverMs: at + thereMs + aheadMs,
  sentAt: at,
  receivedAt: at + thereMs + backMs,
});

test('clocks that agree are not corrected, however slow the line', () => {
  const clock = createServerClock();
  clock.hear(answer(0, 1000, 5, 4000));
  clock.hear(answer(0, 9000, 3000, 2));
  expect(clock.aheadMs()).toBe(0);
});

test('a clock that is wrong is corrected by what all answers leave open, the quick ones most', () => {
  for (const skew of [HOUR_MS, -HOUR_MS]) {
    const clock = createServerClock();
    let told = 0;
    clock.subscribe(() => told++);
    clock.hear(answer(skew, 1000, 900, 700));
    expect(Math.abs(clock.aheadMs() - skew)).toBeLessThanOrEqual(900);
    clock.hear(answer(skew, 5000, 10, 20));
    expect(Math.abs(clock.aheadMs() - skew)).toBeLessThanOrEqual(20);
    const before = clock.aheadMs();
    clock.hear(answer(skew, 9000, 2000, 2000));
    expect(clock.aheadMs()).toBe(before);
    expect(told).toBe(2);
  }
});

test('a clock that is set meanwhile is believed anew', () => {
  const clock = createServerClock();
  clock.hear(answer(HOUR_MS, 1000, 10, 10));
  clock.hear(answer(0, 5000, 10, 10));
  expect(clock.aheadMs()).toBe(0);
});
