import { expect, test } from 'vitest';
import { judgeQueue } from './judge-queue.ts';

const queue = { messages: 0, consumers: 0, unacked: 0, oldest_age_ms: null, delivered_per_minute: 0 };

test.each([
  ['empty', {}],
  ['empty', { consumers: 3 }],
  ['flowing', { unacked: 1 }],
  ['flowing', { delivered_per_minute: 5 }],
  ['flowing', { messages: 4, consumers: 1, oldest_age_ms: 900 }],
  ['flowing', { messages: 4, delivered_per_minute: 1, oldest_age_ms: 900 }],
  ['slow', { messages: 4, consumers: 1, oldest_age_ms: 90_000 }],
  ['stuck', { messages: 1, oldest_age_ms: 900 }],
] as const)('a queue is %s with %j', (state, facts) => {
  expect(judgeQueue({ ...queue, ...facts })).toBe(state);
});
