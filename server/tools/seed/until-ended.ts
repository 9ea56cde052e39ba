import { setTimeout as delay } from 'node:timers/promises';
import { SignalboxError } from '#server/domain/errors.ts';
import { isRunOver, isTaskRetrying, type RunStatus, type TaskStatus } from '#server/domain/statuses.ts';
import type { Caller } from './caller.ts';

const LOOK_EVERY_MS = 500;

/** Waits until all of them are over, however they end. */
export async function untilEnded(call: Caller, ids: readonly string[], withinMs: number): Promise<void> {
  for (const id of ids) await untilRun(call, id, { withinMs, is: ({ status }) => isRunOver(status) });
}

/** Waits until each of them has a task that waits for its next attempt. */
export async function untilRetrying(call: Caller, ids: readonly string[], withinMs: number): Promise<void> {
  const is = ({ stages }: Run) => stages.some(({ status }) => isTaskRetrying(status));
  for (const id of ids) await untilRun(call, id, { withinMs, is });
}

interface Run {
  status: RunStatus;
  stages: { status: TaskStatus }[];
}

async function untilRun(
  call: Caller,
  id: string,
  { withinMs, is }: { withinMs: number; is(run: Run): boolean },
): Promise<void> {
  const until = performance.now() + withinMs;
  for (;;) {
    if (is((await call({ path: `/runs/${id}?brief=true` })) as unknown as Run)) return;
    if (performance.now() > until)
      throw new SignalboxError('UNAVAILABLE', `${id} is not where it should be after ${withinMs / 1000} s.`, {
        advice: 'It goes on by itself; look at what it waits for in the panel.',
      });
    await delay(LOOK_EVERY_MS);
  }
}
