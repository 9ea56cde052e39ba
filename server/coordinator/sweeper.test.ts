import { afterEach, expect, test, vi } from 'vitest';
import type { Sql } from '#db/client.ts';
import type { Happening } from '#server/domain/engine/happenings.ts';
import { fromUuid, type RunId } from '#server/domain/ids.ts';
import type { Coordinator } from './coordinator.ts';
import type { Unit } from './intake.ts';
import { NO_PAUSES } from './pause-points.ts';
import { createSweeper } from './sweeper.ts';

afterEach(() => vi.restoreAllMocks());

const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** Runs that are due, a coordinator that decides when the test says so, and how long its oldest batch takes. */
function open(
  due: number[],
  {
    decidesOn = () => true,
    stalledMs = () => 0,
  }: { decidesOn?(run: number): boolean; stalledMs?(): number } = {},
) {
  const ticked: { run: number; tick: Happening }[] = [];
  const numberOf = (runId: RunId) => due.find((number) => fromUuid('run', uuid(number)) === runId) ?? 0;
  const sql = (async (_text: TemplateStringsArray, skipped: string) =>
    due
      .filter((number) => !skipped.includes(uuid(number)))
      .map((number) => ({ id: uuid(number), revision: 1 }))) as unknown as Sql;
  const submit = ({ entries: [entry] }: Unit) => {
    if (!entry) return;
    const run = numberOf(entry.runId);
    ticked.push({ run, tick: entry.happening });
    if (decidesOn(run)) entry.reply({ ok: true } as Parameters<typeof entry.reply>[0]);
  };
  const sweeper = createSweeper({
    ...{ sql, points: NO_PAUSES, intervalMs: 20, batch: 10, onTrouble: vi.fn() },
    coordinator: { submit, stalledMs, forgetBefore: () => undefined } as unknown as Coordinator,
    emptyQueues: async () => new Set<string>(),
  });
  return { sweeper, ticked };
}

test('a run that waits for the object store holds up no other', async () => {
  const due = [1, 2];
  const { sweeper, ticked } = open(due, { decidesOn: (run) => run !== 1 });
  sweeper.start();
  await vi.waitFor(() => expect(ticked.length).toBeGreaterThan(1));
  due.push(3);
  await vi.waitFor(() => expect(ticked.map(({ run }) => run)).toContain(3), 30_000);
  // It has been told once, and is not told again while it waits.
  expect(ticked.filter(({ run }) => run === 1)).toHaveLength(1);
  await sweeper.stop();
});

test('leases that ran out while nothing could be written are extended', async () => {
  let stalledFor = 0;
  const { sweeper, ticked } = open([1], { stalledMs: () => stalledFor });
  await sweeper.sweep();
  stalledFor = 60_000;
  await sweeper.sweep();
  stalledFor = 0;
  await sweeper.sweep();
  expect(ticked.map(({ tick }) => 'unheard' in tick)).toEqual([false, true, true]);
});

test('a process that stood still itself gives everybody time to be heard', async () => {
  const { sweeper, ticked } = open([1]);
  await sweeper.sweep();
  const real = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => real() + 60_000);
  await sweeper.sweep();
  vi.spyOn(performance, 'now').mockImplementation(() => real() + 64_000);
  await sweeper.sweep();
  vi.spyOn(performance, 'now').mockImplementation(() => real() + 68_500);
  await sweeper.sweep();
  vi.spyOn(performance, 'now').mockImplementation(() => real() + 73_000);
  await sweeper.sweep();
  expect(ticked.map(({ tick }) => 'unheard' in tick)).toEqual([false, true, true, true, false]);
});
