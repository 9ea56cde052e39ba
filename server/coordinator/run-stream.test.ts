import { expect, test, vi } from 'vitest';
import { DEFAULT_ORG_ID, makeId } from '#server/domain/ids.ts';
import { KEY } from '#server/redis/keys.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { createRunStream, readRunStream } from './run-stream.ts';

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

test('what agents said is read as it was said, on from any entry, without what nobody can read', async () => {
  const hot = createMemoryHotState({ now: () => 1_700_000_000_000 });
  await hot.start();
  const cap = { maxEntries: 100, ttlSeconds: 60 };
  const stream = createRunStream(hot, cap);
  stream.progress({ runId, index: 2 }, { progress: 0.5, note: 'half of it', epoch: 3 });
  stream.progress({ runId, index: 0 }, { epoch: 1 });
  const line = { runId, orgId: DEFAULT_ORG_ID, index: 1, epoch: 1, line: 7, at: 1, level: 'warn' as const };
  stream.log({ ...line, message: 'strange', fields: { rows: 3 } });
  stream.log({ ...line, line: 8, message: 'plain', fields: null });
  await vi.waitFor(async () =>
    expect(await hot.readStream(KEY.runProgress(runId), null, 10)).toHaveLength(4),
  );
  const task = { task: '0', epoch: '1' };
  const foreign = { ...task, type: 'log', line: '1', level: 'info', message: 'm', fields: 'no JSON' };
  for (const entry of [
    foreign,
    { ...task, type: 'of a later version' },
    { ...task, type: 'progress', progress: 'x' },
  ])
    await hot.appendStream(KEY.runProgress(runId), entry, cap);
  const read = (after: string | null) => readRunStream(hot, runId, { after, limit: 10 });
  const said = await read(null);
  const at = new Date(1_700_000_000_000);
  const id = expect.any(String);
  expect(said).toEqual([
    { id, at, type: 'progress', stage: 2, epoch: 3, progress: 0.5, note: 'half of it' },
    { id, at, type: 'progress', stage: 0, epoch: 1, progress: null, note: null },
    {
      id,
      at,
      type: 'log',
      stage: 1,
      epoch: 1,
      line: 7,
      level: 'warn',
      message: 'strange',
      fields: { rows: 3 },
    },
    { id, at, type: 'log', stage: 1, epoch: 1, line: 8, level: 'warn', message: 'plain', fields: null },
  ]);
  expect(await read(said[1]?.id ?? null)).toEqual(said.slice(2));
  await hot.stop();
});
