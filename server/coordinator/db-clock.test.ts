import { expect, test } from 'vitest';
import { createDbClock } from './db-clock.ts';

test('what the database said first is believed at once, whichever way our own clock is wrong', () => {
  for (const wrongBy of [-300_000, 300_000]) {
    const clock = createDbClock(() => 1_000_000 + wrongBy);
    clock.observe(1_000_000);
    expect(clock.now()).toBe(1_000_000);
  }
});

test('the answer that took the shortest is the truest, and a clock that was set back is followed slowly', () => {
  let local = 0;
  const clock = createDbClock(() => local);
  clock.observe(100);
  local = 50;
  clock.observe(120);
  expect(clock.now()).toBeGreaterThan(140);
  for (let times = 0; times < 200; times++) clock.observe(120);
  expect(clock.now()).toBe(120);
});
