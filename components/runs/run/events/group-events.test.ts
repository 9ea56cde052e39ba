import { expect, test } from 'vitest';
import { groupEvents, WHOLE_RUN } from './group-events.ts';

const EVENTS = [
  { seq: 1, event: {} },
  { seq: 2, event: { task: 1 } },
  { seq: 3, event: { task: 0 } },
  { seq: 4, event: { task: 1 } },
];
const shown = (folded: readonly number[]) =>
  groupEvents(EVENTS, new Set(folded)).map((row) =>
    row.kind === 'event' ? row.event.seq : `${row.stage}: ${row.count}${row.isFolded ? ' folded' : ''}`,
  );

test('events stand under their stages, which are counted, and what is of the run comes first', () => {
  expect(shown([])).toEqual(['-1: 1', 1, '0: 1', 3, '1: 2', 2, 4]);
});

test('of a stage that is folded the heading stays and still counts', () => {
  expect(shown([1, WHOLE_RUN])).toEqual(['-1: 1 folded', '0: 1', 3, '1: 2 folded']);
});
