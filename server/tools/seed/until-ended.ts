import { setTimeout as delay } from 'node:timers/promises';
import { SignalboxError } from '#server/domain/errors.ts';
import { isRunOver, type RunStatus } from '#server/domain/statuses.ts';
import type { Caller } from './caller.ts';

const LOOK_EVERY_MS = 500;

/** Waits until all of them are over, however they end. */
export async function untilEnded(call: Caller, ids: readonly string[], withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  for (const id of ids) {
    for (;;) {
      const { status } = await call({ path: `/runs/${id}?brief=true` });
      if (isRunOver(status as RunStatus)) break;
      if (performance.now() > until)
        throw new SignalboxError('UNAVAILABLE', `${id} has not ended after ${withinMs / 1000} s.`, {
          advice: 'It goes on by itself; look at what it waits for in the panel.',
        });
      await delay(LOOK_EVERY_MS);
    }
  }
}
