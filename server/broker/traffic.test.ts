import { expect, test } from 'vitest';
import { makeTraffic } from './traffic.ts';

function makeClock() {
  const clock = { at: 1_000_000 };
  return { clock, traffic: makeTraffic(() => clock.at) };
}

test('counts each kind by queue, and knows nothing of others', () => {
  const { traffic } = makeClock();
  traffic.note('a', 'published', 3);
  traffic.note('a', 'delivered');
  traffic.note('b', 'returned');
  expect(traffic.read('a')).toEqual({ published: 3, delivered: 1, returned: 0 });
  expect(traffic.read('b')).toEqual({ published: 0, delivered: 0, returned: 1 });
  expect(traffic.read('c')).toEqual({ published: 0, delivered: 0, returned: 0 });
});

test('forgets what is older than a minute, little by little', () => {
  const { clock, traffic } = makeClock();
  for (let minute = 0; minute < 2; minute++) {
    traffic.note('a', 'published', 10);
    clock.at += 30_000;
  }
  expect(traffic.read('a').published).toBe(10);
  clock.at += 25_000;
  expect(traffic.read('a').published).toBe(10);
  clock.at += 10_000;
  expect(traffic.read('a').published).toBe(0);
});

test('bears a clock that is set back', () => {
  const { clock, traffic } = makeClock();
  traffic.note('a', 'published');
  clock.at -= 3_600_000;
  traffic.note('a', 'published');
  expect(traffic.read('a').published).toBe(2);
});
