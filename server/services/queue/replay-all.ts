import { and, asc, eq, isNull, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { deadLetters } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, type LetterId } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { replayDeadLetter } from './dead-letters.ts';
import { isQueueOf } from './list.ts';

const replayAllSchema = z.strictObject({
  /** Of this one alone. */
  queue: z.string().min(1).max(256).optional(),
  cursor: z.string().max(1000).optional(),
});

/** Each is a run of its own; so many are started while a caller waits. */
const TASKS_AT_ONCE = 25;
const MESSAGES_AT_ONCE = 500;
const LIST = 'dead letters to replay';

export interface ReplayedLetters {
  replayed: number;
  /** Tasks that could not be done again, and why. They stay where they are. */
  refused: { id: LetterId; message: string }[];
  /** Null: each has had its turn. */
  nextCursor: string | null;
}

/**
 * All dead letters that there were when it was first asked, some at a time: first tasks, then messages. Whatever dies
 * again meanwhile is not among them, so whoever goes on to the end does reach it.
 */
export async function replayAllDeadLetters(
  services: Services,
  actor: Actor,
  input: z.input<typeof replayAllSchema>,
): Promise<ReplayedLetters> {
  authorise(actor, 'queue.operate');
  const { queue, cursor } = parseInput(replayAllSchema, input);
  const place = cursor === undefined ? [] : services.cursors.open(LIST, cursor);
  const [before = new Date(services.now()).toISOString(), kind = 'tasks', after] = place;
  const next = (...rest: string[]) => services.cursors.seal(LIST, [before, ...rest]);
  if (kind === 'tasks') {
    const letters = await loadTasks(services, actor, { queue, before, after });
    const { replayed, refused } = await replayEach(services, actor, letters);
    const last = letters.length < TASKS_AT_ONCE ? undefined : letters.at(-1);
    return { replayed, refused, nextCursor: last ? next('tasks', last.place) : next('messages') };
  }
  const isOurs = isQueueOf(services, actor);
  const replayed = await services.queues.replayDeadLetters(
    { limit: MESSAGES_AT_ONCE, before: Date.parse(before) },
    (name) => isOurs(name) && (queue === undefined || name === queue),
  );
  if (replayed > 0)
    await services.record(actor, 'dead-letter.replayed', {
      target: queue ?? 'all',
      after: { count: replayed },
    });
  return { replayed, refused: [], nextCursor: replayed === 0 ? null : next('messages') };
}

interface TaskLetter {
  id: LetterId;
  /** Its time and its id, as they are sorted. */
  place: string;
}

async function loadTasks(
  services: Services,
  actor: Actor,
  which: { queue: string | undefined; before: string; after: string | undefined },
): Promise<TaskLetter[]> {
  const { id, createdAt, closedAt, queue } = deadLetters;
  const place = sql<string>`to_char(${createdAt} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || ' ' || ${id}`;
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({ id, place })
      .from(deadLetters)
      .where(
        and(
          isNull(closedAt),
          lt(createdAt, new Date(which.before)),
          which.queue === undefined ? undefined : eq(queue, which.queue),
          which.after === undefined ? undefined : sql`${place} > ${which.after}`,
        ),
      )
      .orderBy(asc(place))
      .limit(TASKS_AT_ONCE),
  );
  return rows.map((row) => ({ id: fromUuid('letter', row.id), place: row.place }));
}

async function replayEach(services: Services, actor: Actor, letters: readonly TaskLetter[]) {
  const refused: ReplayedLetters['refused'] = [];
  let replayed = 0;
  for (const { id } of letters) {
    try {
      await replayDeadLetter(services, actor, { id });
      replayed += 1;
    } catch (error) {
      if (!(error instanceof SignalboxError)) throw error;
      // Closed by somebody else meanwhile.
      if (error.code !== 'NOT_FOUND') refused.push({ id, message: error.message });
    }
  }
  return { replayed, refused };
}
