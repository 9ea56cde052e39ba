import type { Wait } from '#server/domain/engine/events.ts';
import type { Happening } from '#server/domain/engine/happenings.ts';
import type { OrgId, RunId } from '#server/domain/ids.ts';

/** Has an attempt wait for people while `work` looks out for what they say. It takes no longer than `mostMs`. */
export type StandBy = <Result>(wait: Wait, mostMs: number, work: () => Promise<Result>) => Promise<Result>;

/** The engine, as far as a stage that waits has to do with it. */
export type TellEngine = (
  runId: RunId,
  happening: Extract<Happening, { type: 'stand-by' }>,
  more: { orgId: OrgId },
) => Promise<unknown>;

export interface HandOutPlace {
  orgId: OrgId;
  runId: RunId;
  task: number;
  epoch: number;
}

/** The stage has all the time that people may take, and gives back what they have not needed. */
export function createStandBy(
  { tell, now }: { tell: TellEngine; now(): number },
  { orgId, runId, task, epoch }: HandOutPlace,
): StandBy {
  const say = (wait: Wait | null, moreMs: number) =>
    tell(runId, { type: 'stand-by', task, epoch, wait, moreMs: Math.round(moreMs) }, { orgId });
  return async (wait, mostMs, work) => {
    const before = now();
    await say(wait, mostMs);
    try {
      return await work();
    } finally {
      await say(null, Math.min(0, now() - before - mostMs));
    }
  };
}
