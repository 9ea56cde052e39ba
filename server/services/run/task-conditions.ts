import { type SQL, sql } from 'drizzle-orm';
import { toUuid } from '#server/domain/ids.ts';
import { isTaskOver, TASK_STATUSES, type TaskStatus, type WaitCode } from '#server/domain/statuses.ts';
import { asksForFailed, FAILED_BY_OTHERS, statesOf, type TaskWord } from '#server/domain/task-words.ts';
import { unsaidWait } from '#server/domain/waiting.ts';

/** What tasks are looked for by, beside what is asked of their runs. All that is given must be true of one task. */
export interface TaskAsked {
  words?: readonly TaskWord[] | undefined;
  states?: readonly TaskStatus[] | undefined;
  key?: string | undefined;
  type?: string | undefined;
  /** It has it, or had an attempt of it. */
  agentId?: string | undefined;
  startedAfter?: string | undefined;
  startedBefore?: string | undefined;
  finishedAfter?: string | undefined;
  finishedBefore?: string | undefined;
  /** From its last start to its end. */
  minDurationMs?: number | undefined;
  maxDurationMs?: number | undefined;
  waiting?: readonly WaitCode[] | undefined;
  /** `key=value` of the metadata of its run. */
  runLabel?: string | undefined;
}

export const TASK_DURATION = sql`(t.finished_at - t.started_at)`;

const list = (words: readonly string[]): string => `{${words.join(',')}}`;
const at = (time: string): SQL => sql`${time}::text::timestamptz`;
const ms = (duration: number): SQL => sql`make_interval(secs => ${duration / 1000}::float8)`;
/** Of what has a row. */
const OPEN = TASK_STATUSES.filter((status) => !isTaskOver(status));
const isOneOf = (states: readonly TaskStatus[]): SQL =>
  sql`t.status = ANY (${list(states)}::text::task_status[])`;

const CONDITIONS: { [Field in keyof TaskAsked]-?: (value: NonNullable<TaskAsked[Field]>) => SQL } = {
  words: (value) => {
    const byOthers = sql`coalesce(t.skip = ANY (${list(FAILED_BY_OTHERS)}::text::text[]), false)`;
    const plain = sql`(NOT ${byOthers} AND ${isOneOf(value.flatMap(statesOf))})`;
    return asksForFailed(value) ? sql`(${byOthers} OR ${plain})` : plain;
  },
  states: isOneOf,
  key: (value) => sql`t.stage_key = ${value}`,
  type: (value) => sql`t.capability = ${value}`,
  agentId: (value) => {
    const agent = sql`${toUuid(value)}::text::uuid`;
    return sql`(t.agent_id IS NOT DISTINCT FROM ${agent} OR coalesce((SELECT true FROM attempts a
      WHERE a.run_id = t.run_id AND a.idx = t.idx AND a.agent_id IS NOT DISTINCT FROM ${agent} LIMIT 1), false))`;
  },
  startedAfter: (value) => sql`t.started_at >= ${at(value)}`,
  startedBefore: (value) => sql`t.started_at < ${at(value)}`,
  finishedAfter: (value) => sql`t.finished_at >= ${at(value)}`,
  finishedBefore: (value) => sql`t.finished_at < ${at(value)}`,
  minDurationMs: (value) => sql`${TASK_DURATION} >= ${ms(value)}`,
  maxDurationMs: (value) => sql`${TASK_DURATION} < ${ms(value)}`,
  runLabel: (value) =>
    sql`coalesce((SELECT of.labels @> ARRAY[${value}::text] FROM runs of WHERE of.id = t.run_id), false)`,
  waiting: (value) => sql`${isOneOf(OPEN)} AND ${WAITS_FOR} = ANY (${list(value)}::text::text[])`,
};

/** Conditions on a task, called `t`. */
export const fits = (asked: TaskAsked): SQL[] =>
  Object.entries(asked).flatMap(([field, value]) =>
    value === undefined ? [] : [(CONDITIONS[field as keyof TaskAsked] as (given: unknown) => SQL)(value)],
  );

/** As it is shown (`waitingOf` in run-view.ts). */
const WAITS_FOR = sql`coalesce(t.wait ->> 'code', CASE ${sql.join(
  TASK_STATUSES.flatMap((status) => {
    const code = unsaidWait(status);
    return code === null ? [] : [sql`WHEN ${isOneOf([status])} THEN ${code}::text`];
  }),
  sql` `,
)} END)`;
