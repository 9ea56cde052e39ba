import { expect, test, vi } from 'vitest';
import { makeId } from '#server/domain/ids.ts';
import { KEY } from '#server/redis/keys.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { createRunStream } from './run-stream.ts';

const runId = makeId('run', '1'.repeat(32));

test('a run keeps as much of what is said about it, and as long, as is set', async () => {
  vi.useFakeTimers();
  const hot = createMemoryHotState();
  await hot.start();
  const stream = createRunStream(hot, { maxEntries: 3, ttlSeconds: 60 });
  for (let percent = 1; percent <= 5; percent += 1) {
    stream.progress({ runId, index: 0 }, { progress: percent / 100, epoch: 1 });
    await vi.advanceTimersByTimeAsync(1);
  }
  const kept = async () =>
    (await hot.readStream(KEY.runProgress(runId), null, 100)).map(({ fields }) => fields.progress);
  expect(await kept()).toEqual(['0.03', '0.04', '0.05']);
  await vi.advanceTimersByTimeAsync(59_000);
  expect(await kept()).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(2000);
  expect(await kept()).toEqual([]);
  await hot.stop();
  vi.useRealTimers();
});
