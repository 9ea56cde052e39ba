import { expect, test } from 'vitest';
import { paceOf } from './while-open.ts';

test('there is a pace while a run goes on, and none when all are over', () => {
  expect(paceOf([{ status: 'succeeded' }, { status: 'running' }])).toBeGreaterThan(0);
  expect(paceOf([{ status: 'paused' }])).toBeGreaterThan(0);
  expect(paceOf([{ status: 'succeeded' }, { status: 'failed' }, { status: 'cancelled' }])).toBeUndefined();
  expect(paceOf([])).toBeUndefined();
});
