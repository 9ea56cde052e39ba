import { expect, test } from 'vitest';
import { driveRun } from '#server/testing/engine/drive-run.ts';

test('a lease that ended while nobody listened is given once more, and is lost when it ends again', () => {
  const stages = [{ key: 'a', type: 'echo', timeouts: { stageSeconds: 100 } }];
  const run = driveRun({ stages }, { defaults: { leaseMs: 1000 } });
  run.start();
  run.pass(60_000, { full: true, unheard: true });
  expect(run.task('a')).toMatchObject({ epoch: 1, losses: 0, dueAt: run.now + 1000 });
  expect(run.last?.events).toEqual([]);
  run.pass(1000);
  expect(run.task('a')).toMatchObject({ epoch: 2, losses: 1 });
  // The stage's own limit goes on whoever listens.
  run.pass(100_000, { full: true, unheard: true });
  expect(run.task('a')).toMatchObject({ status: 'failed', error: { code: 'STAGE_TIMEOUT' } });
});
