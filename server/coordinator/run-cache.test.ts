import { expect, test } from 'vitest';
import type { RunState } from '#server/domain/engine/state.ts';
import { fromUuid } from '#server/domain/ids.ts';
import { createRunCache } from './run-cache.ts';

const run = (name: number, tasks = 1) =>
  ({ id: fromUuid('run', String(name).padStart(32, '0')), tasks: new Array(tasks) }) as unknown as RunState;

test('the runs that were used least lately go first when their tasks become too many', () => {
  const cache = createRunCache({ maxTasks: 5, now: () => 0 });
  const [a, b, c] = [run(1, 2), run(2, 2), run(3, 2)];
  for (const state of [a, b, a, c]) cache.put(state);
  expect([a, b, c].map(({ id }) => cache.get(id) !== undefined)).toEqual([true, false, true]);
});

test('runs that have ended elsewhere, unheard, are not kept for ever', () => {
  let now = 0;
  const cache = createRunCache({ maxTasks: 1000, now: () => now });
  for (let name = 0; name < 100; name += 1) {
    now += 1000;
    cache.put(run(name));
  }
  const kept = Array.from({ length: 100 }, (_, name) => run(name)).filter(({ id }) => cache.get(id));
  expect(kept.length).toBe(31);
});

test('a run larger than all that may be kept is not kept', () => {
  const cache = createRunCache({ maxTasks: 5, now: () => 0 });
  cache.put(run(1, 6));
  expect(cache.get(run(1).id)).toBeUndefined();
});
