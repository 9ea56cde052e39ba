import { and, desc, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { deadLetters, tasks } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import {
  fromUuid,
  idSchema,
  type LetterId,
  type RunId,
  type TaskId,
  taskId,
  toUuid,
} from '#server/domain/ids.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { DeadLetterView, Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { replayRun } from '../run/replay.ts';
import { isQueueOf } from './list.ts';
import { type Peek, peekInto } from './peek.ts';

const listSchema = z.strictObject({ limit: z.int().min(1).max(500).default(100) });
const replaySchema = z.strictObject({ id: z.string().min(1).max(256) });
const discardSchema = z.strictObject({
  id: z.string().min(1).max(256),
  reason: z.string().trim().min(1, 'must say why, for those who look for it later').max(1000),
});
const letterIdSchema = idSchema('letter');

/** A message that nobody could read or bear, or a task that every agent died of. */
export interface DeadLetter extends DeadLetterView {
  runId: RunId | null;
  taskId: TaskId | null;
}

/** Tasks first, since a run of somebody's has failed for each of them. */
export async function listDeadLetters(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<DeadLetter[]> {
  authorise(actor, 'queue.inspect');
  const { limit } = parseInput(listSchema, input);
  const [ofTasks, messages] = await Promise.all([
    listTasks(services, actor, limit),
    services.queues.listDeadLetters(limit, isQueueOf(services, actor)),
  ]);
  const ofMessages = messages.map((letter): DeadLetter => ({ ...letter, runId: null, taskId: null }));
  return [...ofTasks, ...ofMessages].slice(0, limit);
}

async function listTasks(services: Services, actor: Actor, limit: number): Promise<DeadLetter[]> {
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(deadLetters)
      .where(isNull(deadLetters.closedAt))
      .orderBy(desc(deadLetters.createdAt), desc(deadLetters.id))
      .limit(limit),
  );
  return rows.map(toTaskLetter);
}

function toTaskLetter(row: typeof deadLetters.$inferSelect): DeadLetter {
  const runId = row.runId === null ? null : fromUuid('run', row.runId);
  return {
    id: fromUuid('letter', row.id),
    messageId: '',
    queue: row.queue,
    reason: row.reason,
    deadAt: row.createdAt.getTime(),
    redeliveries: 0,
    priority: 'medium',
    body: Buffer.from(row.body, 'utf8'),
    runId,
    taskId: runId === null || row.taskIndex === null ? null : taskId(runId, row.taskIndex),
  };
}

/** One of them with what lies in it, as far as it is for the eyes of this actor. */
export async function readDeadLetter(
  services: Services,
  actor: Actor,
  input: z.input<typeof replaySchema>,
): Promise<{ letter: DeadLetter; peek: Peek | null }> {
  authorise(actor, 'queue.inspect');
  const { id } = parseInput(replaySchema, input);
  const letterId = letterIdSchema.safeParse(id);
  const letter = letterId.success
    ? await findTask(services, actor, letterId.data)
    : await findMessage(services, actor, id);
  if (!letter) throw notFound('dead letter', id);
  return { letter, peek: may(actor, 'run.payload') ? peekInto(letter.body) : null };
}

async function findTask(services: Services, actor: Actor, id: LetterId): Promise<DeadLetter | undefined> {
  const [row] = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(deadLetters)
      .where(and(eq(deadLetters.id, toUuid(id)), isNull(deadLetters.closedAt))),
  );
  return row && toTaskLetter(row);
}

async function findMessage(services: Services, actor: Actor, id: string): Promise<DeadLetter | null> {
  const letter = await services.queues.readDeadLetter(id, isQueueOf(services, actor));
  return letter && { ...letter, runId: null, taskId: null };
}

/**
 * A message goes back into its queue. A task cannot: it has failed, its run has drawn its conclusions, and what is over
 * stays as it is. It is done again as anything else is that has ended: by a new run from its stage on.
 */
export async function replayDeadLetter(
  services: Services,
  actor: Actor,
  input: z.input<typeof replaySchema>,
): Promise<{ runId: RunId | null }> {
  authorise(actor, 'queue.operate');
  const { id } = parseInput(replaySchema, input);
  const letterId = letterIdSchema.safeParse(id);
  if (letterId.success) return { runId: await replayTask(services, actor, letterId.data) };
  const isDone = await services.queues.replayDeadLetter(id, isQueueOf(services, actor));
  if (!isDone) throw notFound('dead letter', id);
  await services.record(actor, 'dead-letter.replayed', { target: id });
  return { runId: null };
}

async function replayTask(services: Services, actor: Actor, id: LetterId): Promise<RunId> {
  const [row] = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({ runId: tasks.runId, stageKey: tasks.stageKey })
      .from(deadLetters)
      .innerJoin(tasks, and(eq(tasks.runId, deadLetters.runId), eq(tasks.index, deadLetters.taskIndex)))
      .where(and(eq(deadLetters.id, toUuid(id)), isNull(deadLetters.closedAt))),
  );
  if (!row) throw notFound('dead letter', id);
  // Asked for twice, or again because the answer was lost: one run.
  const { run } = await replayRun(services, actor, {
    id: fromUuid('run', row.runId),
    from: row.stageKey,
    idempotencyKey: `dead letter ${id}`,
  });
  await close(services, actor, { id, how: `replayed: ${run.id}` });
  await services.record(actor, 'dead-letter.replayed', { target: id });
  return run.id;
}

export async function discardDeadLetter(
  services: Services,
  actor: Actor,
  input: z.input<typeof discardSchema>,
): Promise<void> {
  authorise(actor, 'queue.operate');
  const { id, reason } = parseInput(discardSchema, input);
  const letterId = letterIdSchema.safeParse(id);
  const isDone = letterId.success
    ? await close(services, actor, { id: letterId.data, how: `discarded: ${reason}` })
    : await services.queues.discardDeadLetter(id, reason, isQueueOf(services, actor));
  if (!isDone) throw notFound('dead letter', id);
  await services.record(actor, 'dead-letter.discarded', { target: id, reason });
}

/** False when there is no open one. */
async function close(
  services: Services,
  actor: Actor,
  { id, how }: { id: LetterId; how: string },
): Promise<boolean> {
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .update(deadLetters)
      .set({ closedAt: new Date(services.now()), closedHow: how })
      .where(and(eq(deadLetters.id, toUuid(id)), isNull(deadLetters.closedAt)))
      .returning({ id: deadLetters.id }),
  );
  return rows.length > 0;
}
