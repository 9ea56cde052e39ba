import { type SQL, sql } from 'drizzle-orm';
import { toUuid } from '#server/domain/ids.ts';
import { isTaskFailure, TASK_STATUSES } from '#server/domain/statuses.ts';
import { fits, type TaskAsked } from './task-conditions.ts';

/**
 * How a stage of a run may have gone, as analytics counts it (`server/domain/analytics/fold.ts`): it was handed out, it
 * failed for good, one more attempt was due after one that was kept; or one of its attempts failed or lost its agent,
 * whatever came of the stage.
 */
export const STAGE_OUTCOMES = ['ran', 'failed', 'retried', 'attempt_failed', 'attempt_lost'] as const;
export type StageOutcome = (typeof STAGE_OUTCOMES)[number];

export interface StageAsked {
  /** Left out: any stage. */
  key?: string | undefined;
  /** Left out: of any type. */
  type?: string | undefined;
  outcome: StageOutcome;
  /** That agent did it. */
  agentId?: string | undefined;
}

const FAILED = TASK_STATUSES.filter(isTaskFailure);
const isFailed = sql`t.status = ANY (${`{${FAILED.join(',')}}`}::text::task_status[])`;
// status-words: how an attempt ended; what was given back counts for nobody.
const wasKept = sql`a.ended <> 'released'`;
// status-words: as above.
const wasLost = sql`a.ended = 'lost'`;

/**
 * Asked of each run that comes, along the primary keys of its tasks and its attempts: a value and no EXISTS, which may be
 * answered by collecting every task of the stage.
 */
const CONDITIONS: Record<StageOutcome, (asked: StageAsked) => SQL> = {
  ran: (asked) => taskOf(asked),
  failed: (asked) => taskOf(asked, isFailed),
  retried: (asked) => attemptOf(asked, wasKept),
  attempt_failed: (asked) =>
    sql`coalesce(${taskOf(asked, isFailed)}, ${attemptOf(asked, sql`${wasKept} AND NOT ${wasLost}`)})`,
  attempt_lost: (asked) => attemptOf(asked, wasLost),
};

export const hasStage = (asked: StageAsked | TaskAsked): SQL =>
  'outcome' in asked ? CONDITIONS[asked.outcome](asked) : hasTask(asked);

/** Any task that fits. */
const hasTask = (asked: TaskAsked): SQL =>
  sql`(SELECT true FROM tasks t WHERE ${sql.join([sql`t.run_id = r.id`, ...fits(asked)], sql` AND `)} LIMIT 1)`;

/** One that nobody was given was passed over, taken over from an earlier run, or called off before. */
function taskOf({ key, type, agentId }: StageAsked, ...more: SQL[]): SQL {
  const conditions = [
    sql`t.run_id = r.id AND t.epoch > 0`,
    ...keyIs(key),
    ...typeIs(type),
    ...agentIs(sql`t`, agentId),
    ...more,
  ];
  return sql`(SELECT true FROM tasks t WHERE ${sql.join(conditions, sql` AND `)} LIMIT 1)`;
}

/** Of attempts that were followed by others, or were to be. */
function attemptOf({ key, type, agentId }: StageAsked, how: SQL): SQL {
  const ofStage =
    (key ?? type) === undefined ? sql`` : sql`JOIN tasks t ON t.run_id = r.id AND t.idx = a.idx`;
  const conditions = [sql`a.run_id = r.id`, ...keyIs(key), ...typeIs(type), ...agentIs(sql`a`, agentId), how];
  return sql`(SELECT true FROM attempts a ${ofStage} WHERE ${sql.join(conditions, sql` AND `)} LIMIT 1)`;
}

const keyIs = (key: string | undefined): SQL[] => (key === undefined ? [] : [sql`t.stage_key = ${key}`]);
const typeIs = (type: string | undefined): SQL[] => (type === undefined ? [] : [sql`t.capability = ${type}`]);
const agentIs = (table: SQL, agentId: string | undefined): SQL[] =>
  agentId === undefined ? [] : [sql`${table}.agent_id = ${toUuid(agentId)}::text::uuid`];
