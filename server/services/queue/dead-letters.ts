import { and, desc, eq, isNull, sql } from 'drizzle-orm';
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
import { type AuditNote, auditNote, noteIn } from '#server/identity/audit/note.ts';
import { createdFields } from '../born-page.ts';
import type { DeadLetterView, Services } from '../context.ts';
import { idempotencyKeySchema, makeOnce, ownKey } from '../make-once.ts';
import { type Page, pageFields, sortableTime, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { replayRun } from '../run/replay.ts';
import { mayBeSensitive } from './is-sensitive.ts';
import { isQueueOf } from './list.ts';
import { type Peek, peekInto } from './peek.ts';

export const LETTER_KINDS = ['task', 'message'] as const;

const listSchema = z.strictObject({
  ...pageFields,
  limit: z.int().min(1).max(500).default(100),
  kind: z.enum(LETTER_KINDS).optional(),
  /** The queue that a message came from, or the capability of a task. */
  queue: z.string().max(256).optional(),
  /** Of a task. */
  runId: idSchema('run').optional(),
  ...createdFields,
});
const LIST = 'dead-letters';

const readSchema = z.strictObject({ id: z.string().min(1).max(256) });
const replaySchema = readSchema.extend({ idempotencyKey: idempotencyKeySchema.optional() });
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

/** Tasks first, since a run of somebody's has failed for each of them: the newest first. Then messages as they lie. */
export async function listDeadLetters(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<DeadLetter>> {
  authorise(actor, 'queue.inspect');
  const { limit, cursor, kind, ...filter } = parseInput(listSchema, input);
  const [reached, ...place] = cursor === undefined ? [] : services.cursors.open(LIST, cursor);
  const wanted = { limit: limit + 1, ...filter };
  const ofTasks =
    kind === 'message' || reached === 'message'
      ? []
      : await listTasks(services, actor, { ...wanted, after: reached === undefined ? undefined : place });
  const left = limit + 1 - ofTasks.length;
  const ofMessages =
    kind === 'task' || isOfTasks(filter) || left === 0
      ? []
      : await listMessages(services, actor, {
          ...filter,
          limit: left,
          after: reached === 'message' ? place : [],
        });
  const paging = { limit, cursors: services.cursors, list: LIST };
  return toPage([...ofTasks, ...ofMessages], paging, {
    placeOf: ({ place }) => place,
    toItems: ({ letter }) => letter,
  });
}

/** Messages lie where they cannot be looked through. */
const isOfTasks = ({ runId, createdAfter, createdBefore }: Omit<Wanted, 'limit' | 'after'>): boolean =>
  (runId ?? createdAfter ?? createdBefore) !== undefined;

interface Placed {
  letter: DeadLetter;
  place: string[];
}
interface Wanted extends Omit<z.output<typeof listSchema>, 'limit' | 'cursor' | 'kind'> {
  limit: number;
  after: readonly string[] | undefined;
}

async function listTasks(services: Services, actor: Actor, wanted: Wanted): Promise<Placed[]> {
  const { limit, queue, runId, createdAfter, createdBefore, after } = wanted;
  const { createdAt, id } = deadLetters;
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({ row: deadLetters, place: sortableTime(createdAt) })
      .from(deadLetters)
      .where(
        and(
          eq(deadLetters.orgId, toUuid(actor.orgId)),
          isNull(deadLetters.closedAt),
          queue === undefined ? undefined : eq(deadLetters.queue, queue),
          runId === undefined ? undefined : eq(deadLetters.runId, toUuid(runId)),
          createdAfter === undefined ? undefined : sql`${createdAt} >= ${createdAfter}::text::timestamptz`,
          createdBefore === undefined ? undefined : sql`${createdAt} < ${createdBefore}::text::timestamptz`,
          after &&
            sql`(${createdAt}, ${id}) < ((${after[0]}::text || '+00')::timestamptz, ${after[1]}::text::uuid)`,
        ),
      )
      .orderBy(desc(createdAt), desc(id))
      .limit(limit),
  );
  return rows.map(({ row, place }) => ({ letter: letterOf(row), place: ['task', place, row.id] }));
}

function letterOf(row: typeof deadLetters.$inferSelect): DeadLetter {
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

export interface OpenedLetter {
  letter: DeadLetter;
  peek: Peek | null;
  /** It may hold what is marked sensitive, which not everybody is shown who may look into letters. */
  isSensitive: boolean;
}

/** One of them with what lies in it, as far as it is for the eyes of this actor. */
export async function readDeadLetter(
  services: Services,
  actor: Actor,
  input: z.input<typeof readSchema>,
): Promise<OpenedLetter> {
  authorise(actor, 'queue.inspect');
  const { id } = parseInput(readSchema, input);
  const letterId = letterIdSchema.safeParse(id);
  const letter = letterId.success
    ? await findTask(services, actor, letterId.data)
    : await findMessage(services, actor, id);
  if (!letter) throw notFound('dead letter', id);
  if (!may(actor, 'run.payload')) return { letter, peek: null, isSensitive: false };
  const isSensitive = letter.runId === null && (await mayBeSensitive(services, actor, letter.body));
  if (isSensitive && !may(actor, 'run.sensitive')) return { letter, peek: null, isSensitive };
  if (isSensitive) await services.record(actor, 'dead-letter.revealed', { target: id });
  return { letter, peek: peekInto(letter.body), isSensitive };
}

async function findTask(services: Services, actor: Actor, id: LetterId): Promise<DeadLetter | undefined> {
  const [row] = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(deadLetters)
      .where(and(eq(deadLetters.id, toUuid(id)), isNull(deadLetters.closedAt))),
  );
  return row && letterOf(row);
}

async function findMessage(services: Services, actor: Actor, id: string): Promise<DeadLetter | null> {
  const letter = await services.queues.readDeadLetter(id, isQueueOf(services, actor));
  return letter && { ...letter, runId: null, taskId: null };
}

/** A broker shows its letters from the first on. So a page begins after the last one shown, or where that one stood. */
async function listMessages(services: Services, actor: Actor, wanted: Wanted): Promise<Placed[]> {
  const { limit, queue, after: [shown = '0', lastId] = [] } = wanted;
  const isMine = isQueueOf(services, actor);
  const letters = await services.queues.listDeadLetters(
    Number(shown) + limit,
    (name) => isMine(name) && (queue === undefined || name === queue),
  );
  const last = letters.findIndex(({ id }) => id === lastId);
  const from = last < 0 ? Number(shown) : last + 1;
  return letters.slice(from, from + limit).map((letter, at) => ({
    letter: { ...letter, runId: null, taskId: null },
    place: ['message', String(from + at + 1), letter.id],
  }));
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
  const { id, idempotencyKey: key } = parseInput(replaySchema, input);
  if (key === undefined) return replay(services, actor, id);
  const { id: made } = await inTenant(services.db, actor.orgId, (tx) =>
    makeOnce(tx, actor, {
      key,
      request: { replayed: id },
      make: async () => ({ id: (await replay(services, actor, id)).runId ?? id, isNew: true }),
    }),
  );
  const runId = idSchema('run').safeParse(made);
  return { runId: runId.success ? runId.data : null };
}

async function replay(services: Services, actor: Actor, id: string): Promise<{ runId: RunId | null }> {
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
    idempotencyKey: ownKey(`dead-letter:${id}`),
  });
  const note = auditNote(actor, 'dead-letter.replayed', { target: id, after: { run: run.id } });
  await close(services, actor, { id, how: `replayed: ${run.id}`, note });
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
  const action = 'dead-letter.discarded';
  if (letterId.success) {
    const note = auditNote(actor, action, { target: id, reason });
    const isClosed = await close(services, actor, { id: letterId.data, how: `discarded: ${reason}`, note });
    if (!isClosed) throw notFound('dead letter', id);
    return;
  }
  const isDone = await services.queues.discardDeadLetter(id, reason, isQueueOf(services, actor));
  if (!isDone) throw notFound('dead letter', id);
  await services.record(actor, action, { target: id, reason });
}

/** False when there is no open one. */
async function close(
  services: Services,
  actor: Actor,
  { id, how, note }: { id: LetterId; how: string; note: AuditNote },
): Promise<boolean> {
  return inTenant(services.db, actor.orgId, async (tx) => {
    const rows = await tx
      .update(deadLetters)
      .set({ closedAt: new Date(services.now()), closedHow: how })
      .where(and(eq(deadLetters.id, toUuid(id)), isNull(deadLetters.closedAt)))
      .returning({ id: deadLetters.id });
    if (rows.length > 0) await noteIn(tx, note);
    return rows.length > 0;
  });
}
