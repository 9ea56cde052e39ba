import { expect, test } from 'vitest';
import { listQueues } from './listed-queues.ts';

const queue = (name: string, messages: number) => ({
  ...{ queue: name, messages, consumers: 1, unacked: 0, oldest_age_ms: 0, delivered_per_minute: 0 },
});
const ALL = { only: null, showsEmpty: false, kept: new Set<string>() };
const names = (queues: ReturnType<typeof queue>[], how: Partial<typeof ALL> = {}) =>
  listQueues(queues, { ...ALL, ...how }).map(({ queue: name }) => name);

test('a queue that had something stays where it is when it runs empty', () => {
  expect(names([queue('a', 1), queue('b', 1), queue('c', 0)])).toEqual(['a', 'b']);
  const kept = new Set(['a', 'b']);
  expect(names([queue('a', 0), queue('b', 1), queue('c', 0)], { kept })).toEqual(['a', 'b']);
});

test('empty ones are shown to whoever asks for them, among the others', () => {
  expect(names([queue('b', 1), queue('a', 0)], { showsEmpty: true })).toEqual(['a', 'b']);
});

test('what nobody takes stands first', () => {
  const stuck = { ...queue('z', 3), consumers: 0 };
  expect(names([queue('a', 1), stuck])).toEqual(['z', 'a']);
});
