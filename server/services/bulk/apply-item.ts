import { z } from 'zod';
import type { BulkItem, BulkOutcome, BulkWork } from '#db/queries/bulk.ts';
import { type ErrorCode, SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, type RunId, type TaskId, taskIdSchema, toUuid } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { isTaskRetrying } from '#server/domain/statuses.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { ownKey } from '../make-once.ts';
import { cancelRun } from '../run/cancel.ts';
import { getRun } from '../run/get.ts';
import { pauseRun } from '../run/pause.ts';
import { replayRun } from '../run/replay.ts';
import { resumeRun } from '../run/resume.ts';
import { retryTask } from '../run/retry-task.ts';

export interface ItemCall {
  services: Services;
  actor: Actor;
  bulk: BulkWork;
  item: BulkItem;
  /** Kept before it is done, unless a plan is there already; answers with the one that holds. */
  keepPlan(plan: Json): Promise<Json>;
}

const requestSchema = z.object({
  from: z.string().optional(),
  fromFailure: z.boolean().optional(),
  version: z.enum(['original', 'newest']).optional(),
  graceSeconds: z.number().optional(),
});
const planSchema = z.array(z.object({ task: taskIdSchema, epoch: z.int() }));

/** Refusals that say something of the run, not of us. */
const SKIPS: readonly ErrorCode[] = ['CONFLICT', 'NOT_FOUND'];
const FAILURES: readonly ErrorCode[] = ['INVALID', 'FORBIDDEN', 'TOO_LARGE', 'LIMITED'];

/** Does one item, by the verb that does it for one run. Throws when that could not be tried, to be tried again. */
export async function applyItem(call: ItemCall): Promise<BulkOutcome> {
  const { position } = call.item;
  try {
    const done = await act(call);
    return { position, result: 'succeeded', made: null, code: null, message: null, ...done };
  } catch (error) {
    if (!(error instanceof SignalboxError)) throw error;
    const { code, message } = error;
    const result = SKIPS.includes(code) ? 'skipped' : FAILURES.includes(code) ? 'failed' : null;
    if (result === null) throw error;
    return { position, result, made: null, code, message };
  }
}

async function act(call: ItemCall): Promise<Partial<BulkOutcome>> {
  const { services, actor, bulk, item } = call;
  const id = fromUuid('run', item.run_id);
  const { from, fromFailure, version, graceSeconds } = requestSchema.parse(bulk.request);
  switch (bulk.action) {
    case 'cancel':
      await cancelRun(services, actor, { id, graceSeconds });
      return {};
    case 'pause':
      await pauseRun(services, actor, { id });
      return {};
    case 'resume':
      await resumeRun(services, actor, { id });
      return {};
    case 'replay': {
      // The key is the item's: whoever repeats the item is answered with the run that it made.
      const idempotencyKey = ownKey(`bulk:${bulk.id}:${item.position}`);
      const { run } = await replayRun(services, actor, { id, from, fromFailure, version, idempotencyKey });
      return { made: toUuid(run.id) };
    }
    default:
      return retry(call, id);
  }
}

/** The hand-outs that failed are named first: one that comes later is not this bulk's to hurry. */
async function retry({ services, actor, keepPlan }: ItemCall, id: RunId): Promise<Partial<BulkOutcome>> {
  const waiting = async () =>
    (await getRun(services, actor, { id })).tasks.filter(({ status }) => isTaskRetrying(status));
  const seen = (await waiting()).map((task) => ({ task: task.id, epoch: task.epoch }));
  const plan = planSchema.parse(await keepPlan(seen));
  if (plan.length === 0) {
    return { result: 'skipped', code: 'CONFLICT', message: 'No task of it waits for another attempt.' };
  }
  const still = new Map((await waiting()).map((task) => [task.id, task]));
  for (const { task, epoch } of plan) {
    const found = still.get(task);
    if (found?.epoch === epoch) await hurry({ services, actor }, { taskId: task, attempt: found.attempt });
  }
  return {};
}

/** Somebody may have been quicker since it was looked at, and then it is done. */
async function hurry(
  { services, actor }: Pick<ItemCall, 'services' | 'actor'>,
  what: { taskId: TaskId; attempt: number },
): Promise<void> {
  await retryTask(services, actor, what).catch((error) => {
    if (!(error instanceof SignalboxError && error.code === 'CONFLICT')) throw error;
  });
}
