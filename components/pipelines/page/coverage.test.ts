import { expect, test } from 'vitest';
import { coverageOf } from './coverage.ts';

test('what nobody offers comes first, each capability once with its stages', () => {
  const stages = [
    { key: 'a', type: 'echo' },
    { key: 'b', type: 'paint' },
    { key: 'c', type: 'echo' },
    { key: 'd', type: 'asleep' },
  ];
  const known = [
    { name: 'echo', serving: 2 },
    { name: 'asleep', serving: 0 },
  ];
  expect(coverageOf(stages, known)).toEqual([
    { capability: 'asleep', stages: ['d'], serving: 0 },
    { capability: 'paint', stages: ['b'], serving: 0 },
    { capability: 'echo', stages: ['a', 'c'], serving: 2 },
  ]);
});
