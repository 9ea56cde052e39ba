import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { runObjects, tasks } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, idSchema, parseTaskId, type RunId, taskIdSchema, toUuid } from '#server/domain/ids.ts';
import type { PayloadRef } from '#server/domain/payload-ref.ts';
import { isTaskHeld } from '#server/domain/statuses.ts';
import { type Actor, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import type { ObjectRead } from '../run/read-object.ts';
import { admit } from './visit.ts';

/** By the hand-out: whoever has the task no longer has no more to do with the run's objects. */
const holding = {
  id: idSchema('agent'),
  taskId: taskIdSchema,
  epoch: z.int().min(1),
};
const readObjectSchema = z.strictObject({ ...holding, hash: z.string().regex(/^[0-9a-f]{64}$/) });
const uploadSchema = z.strictObject({
  ...holding,
  contentType: z
    .string()
    .regex(/^[\x20-\x7e]{1,255}$/)
    .default('application/octet-stream'),
  name: z.string().min(1).max(255).optional(),
});

/** An object of the run that the task belongs to. */
export async function readTaskObject(services: Services, actor: Actor, input: unknown): Promise<ObjectRead> {
  authoriseAnywhere(actor, 'agent.visit');
  const { hash, ...held } = parseInput(readObjectSchema, input);
  await admit(services, actor, held.id);
  const contentType = await inTenant(services.db, actor.orgId, async (tx) => {
    const runId = await checkHeld(tx, held);
    const [row] = await tx
      .select({ contentType: runObjects.contentType })
      .from(runObjects)
      .where(and(eq(runObjects.runId, toUuid(runId)), eq(runObjects.hash, hash)));
    if (!row) throw notFound('object', `${hash} in ${runId}`);
    return row.contentType;
  });
  return { hash, contentType, isSensitive: false, open: () => services.payloads.open(hash) };
}

/** Stores a file for the run that the task belongs to. What it returns is what an output refers to it by. */
export async function uploadTaskObject(
  services: Services,
  actor: Actor,
  { input, content }: { input: unknown; content: AsyncIterable<Uint8Array> },
): Promise<PayloadRef> {
  authoriseAnywhere(actor, 'agent.visit');
  const { contentType, name, ...held } = parseInput(uploadSchema, input);
  await admit(services, actor, held.id);
  const runId = await inTenant(services.db, actor.orgId, (tx) => checkHeld(tx, held));
  const about = { contentType, ...(name === undefined ? {} : { name }) };
  return services.payloads.upload({ runId, orgId: actor.orgId }, content, about);
}

interface Held {
  id: z.output<typeof holding.id>;
  taskId: z.output<typeof taskIdSchema>;
  epoch: number;
}

/** Throws alike for a task of somebody else, one that is not there, and one that has gone to another hand-out. */
async function checkHeld(tx: TenantTransaction, { id, taskId, epoch }: Held): Promise<RunId> {
  const place = parseTaskId(taskId);
  if (!place) throw notFound('task', taskId);
  const [task] = await tx
    .select({ status: tasks.status, epoch: tasks.epoch, agentId: tasks.agentId })
    .from(tasks)
    .where(and(eq(tasks.runId, toUuid(place.runId)), eq(tasks.index, place.index)));
  const isTheirs =
    task?.agentId &&
    fromUuid('agent', task.agentId) === id &&
    task.epoch === epoch &&
    isTaskHeld(task.status);
  if (isTheirs) return place.runId;
  throw new SignalboxError('STALE_EPOCH', `The agent does not hold ${taskId} under hand-out ${epoch}.`, {
    advice: 'Report `accepted` first, and stop when the lease has gone to somebody else.',
  });
}
