import { type SQL, sql } from 'drizzle-orm';
import { toUuid } from '#server/domain/ids.ts';
import {
  isRunActive,
  isRunOver,
  isRunSuccess,
  isTaskQueued,
  isTaskReady,
  RUN_STATUSES,
  type RunStatus,
  TASK_STATUSES,
} from '#server/domain/statuses.ts';
import { hasStage, type StageAsked } from './run-stages.ts';
import type { TaskAsked } from './task-conditions.ts';

/** A filter as the database is asked for it. */
export interface RunConditions {
  orgUuid: string;
  pipelineId?: string | undefined;
  /** Of any of these. */
  pipelineUuids?: readonly string[];
  versionId?: string | undefined;
  status?: readonly RunStatus[] | undefined;
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
  finishedAfter?: string | undefined;
  finishedBefore?: string | undefined;
  minDurationMs?: number | undefined;
  maxDurationMs?: number | undefined;
  agentId?: string | undefined;
  /** The same of an agent that has done much of what there is. */
  busyAgentId?: string | undefined;
  trigger?: string | undefined;
  errorGroup?: string | undefined;
  replayOf?: string | undefined;
  minWaitingMs?: number | undefined;
  replayed?: boolean | undefined;
  /** Nothing leads to runs by it: each that comes is asked. */
  stage?: StageAsked | TaskAsked;
  label?: string;
  /** The same of a label that many runs have. */
  busyLabel?: string | undefined;
  idRange?: { from: string; to: string };
  /** Ids at the ends of a stretch of time. As they are and not as times: then the planner leaves out other weeks. */
  bornSince?: string;
  bornBefore?: string;
  /** That id is the last one. */
  bornUpTo?: string;
  /**
   * Only these few were over in the time, or took the time, that is asked for: they are looked up, and then put in order.
   * `apart`: what they have in common stands in a table of its own; `ends`: it is just that time.
   */
  isAmongFew?: true | 'apart' | 'ends';
  /** The same of runs that are many: each that comes in the order of the list is asked. */
  endedAmongMany?: Pick<
    RunConditions,
    'finishedAfter' | 'finishedBefore' | 'minDurationMs' | 'maxDurationMs'
  >;
  /** Whether few are in the part of its first and last step that a range of durations takes: these are looked up. */
  fewAtEdges?: { low: boolean; high: boolean };
  /** Runs of the label or of the agent are walked in their order and asked for the rest: only the first of them, or all. */
  walk?: 'first' | 'all';
  /** The pipelines that have the tag; it, and the label of runs that have it themselves, unless these may not be asked for. */
  tagged?: { pipelineUuids: readonly string[]; label: string | null; tag: string | null };
  /** The same where something else leads to few: each of them is asked. */
  busyTagged?: NonNullable<RunConditions['tagged']>;
}

export const RUN_SORTS = ['created', 'finished', 'duration'] as const;
export type RunSort = (typeof RUN_SORTS)[number];

export interface RunQuery {
  where: RunConditions;
  sort: RunSort;
  order: 'asc' | 'desc';
  /** Where the page before ended: its last values of the sort, and its last id. */
  after?: readonly string[];
  /** Of a list that is not sorted by birth: the last place that is looked at; null: its end, which is no further away. */
  upTo?: readonly string[] | null;
  limit: number;
  /** Begins so many further on, in the order of an index. */
  skip?: number;
}

/** Of a list that is sorted by ends or by durations. */
export type EndQuery = RunQuery & { sort: Exclude<RunSort, 'created'> };
export const isByEnds = (query: RunQuery): query is EndQuery => query.sort !== 'created';

/** The order of ids as the indexes of migration 0050 have it. */
export const ID = sql`uuid_send(r.id)`;
export const DURATION = sql`(r.finished_at - r.created_at)`;
/** The same, as no index has it. */
const ENDED_UNSOUGHT = sql`(r.finished_at + interval '0')`;

/** One that was paused waits for people, and so do its tasks. */
export const ACTIVE = RUN_STATUSES.filter(isRunActive);
const WAITING = TASK_STATUSES.filter((status) => isTaskReady(status) || isTaskQueued(status));

/** Runs of it are in no index of their own: they are most of what there is. */
export const COMMON_TRIGGER = 'api';

export const list = (words: readonly string[]): string => `{${words.join(',')}}`;
export const direction = ({ order }: Pick<RunQuery, 'order'>): SQL =>
  order === 'desc' ? sql`DESC` : sql`ASC`;
export const comparison = ({ order }: Pick<RunQuery, 'order'>): SQL => (order === 'desc' ? sql`<` : sql`>`);

/** Said twice: the first leaves out whole weeks, the second is where an index begins. */
export const idIs = (than: SQL, id: SQL): SQL => sql`r.id ${than} ${id} AND ${ID} ${than} uuid_send(${id})`;

/** Ids are made by the clocks of several machines: the range of ids is taken that much wider than the range of time. */
const CLOCKS_APART = sql`interval '1 hour'`;
export const ms = (duration: number): SQL => sql`make_interval(secs => ${duration / 1000}::float8)`;
const at = (time: string): SQL => sql`${time}::text::timestamptz`;
export const uuid = (id: string): SQL => sql`${toUuid(id)}::text::uuid`;

const bornFrom = (time: string): SQL => sql`uuid_at(${at(time)} - ${CLOCKS_APART})`;
const bornUntil = (time: string): SQL => sql`uuid_at(${at(time)} + ${CLOCKS_APART})`;

function hasTag({ pipelineUuids, label }: NonNullable<RunConditions['tagged']>): SQL {
  const isOfThese = sql`r.pipeline_id = ANY (${list(pipelineUuids)}::text::uuid[])`;
  return label === null ? isOfThese : sql`(${isOfThese} OR r.labels @> ARRAY[${label}::text])`;
}

/** Each field's condition; one that is not given has none. */
const CONDITIONS: { [Field in keyof RunConditions]-?: (value: NonNullable<RunConditions[Field]>) => SQL } = {
  orgUuid: (value) => sql`r.org_id = ${value}::text::uuid`,
  pipelineId: (value) => sql`r.pipeline_id = ${uuid(value)}`,
  pipelineUuids: (value) => sql`r.pipeline_id = ANY (${list(value)}::text::uuid[])`,
  versionId: (value) => sql`r.version_id = ${uuid(value)}`,
  status: (value) =>
    value.length === 1
      ? // Written out, so that Postgres sees that it is what an index is limited to.
        sql`r.status = ${sql.raw(`'${value[0]}'`)}`
      : sql`r.status = ANY (${list(value)}::text::run_status[])`,
  createdAfter: (value) => sql`r.created_at >= ${at(value)} AND ${idIs(sql`>=`, bornFrom(value))}`,
  createdBefore: (value) => sql`r.created_at < ${at(value)} AND ${idIs(sql`<`, bornUntil(value))}`,
  finishedAfter: (value) => sql`r.finished_at >= ${at(value)}`,
  finishedBefore: (value) => sql`r.finished_at < ${at(value)}`,
  minDurationMs: (value) => sql`r.finished_at IS NOT NULL AND ${DURATION} >= ${ms(value)}`,
  maxDurationMs: (value) => sql`r.finished_at IS NOT NULL AND ${DURATION} < ${ms(value)}`,
  agentId: (value) =>
    sql`(EXISTS (SELECT FROM tasks t WHERE t.run_id = r.id AND t.agent_id = ${uuid(value)})
      OR EXISTS (SELECT FROM attempts a WHERE a.run_id = r.id AND a.agent_id = ${uuid(value)}))`,
  // Looked up for each run: EXISTS may be answered by collecting all that the agent has done.
  busyAgentId: (value) =>
    sql`coalesce((SELECT true FROM tasks t WHERE t.run_id = r.id AND t.agent_id = ${uuid(value)} LIMIT 1),
      (SELECT true FROM attempts a WHERE a.run_id = r.id AND a.agent_id = ${uuid(value)} LIMIT 1))`,
  trigger: (value) =>
    value === COMMON_TRIGGER
      ? sql`r.trigger = ${value}`
      : sql`r.trigger = ${value} AND r.trigger <> ${sql.raw(`'${COMMON_TRIGGER}'`)}`,
  errorGroup: (value) => sql`r.error_group = ${value}`,
  replayOf: (value) => sql`r.replay_of = ${uuid(value)}`,
  minWaitingMs: (value) =>
    sql`r.status = ANY (${list(ACTIVE)}::text::run_status[]) AND EXISTS (SELECT FROM tasks t WHERE t.run_id = r.id
      AND t.status = ANY (${list(WAITING)}::text::task_status[]) AND t.ready_at < now() - ${ms(value)})`,
  replayed: (value) =>
    value
      ? sql`EXISTS (SELECT FROM runs again WHERE again.replay_of = r.id)`
      : sql`NOT EXISTS (SELECT FROM runs again WHERE again.replay_of = r.id)`,
  stage: hasStage,
  label: (value) => sql`r.labels @> ARRAY[${value}::text]`,
  busyLabel: (value) => sql`r.labels @> ARRAY[${value}::text]`,
  idRange: ({ from, to }) => sql`r.id BETWEEN ${from}::text::uuid AND ${to}::text::uuid`,
  bornSince: (value) => idIs(sql`>=`, sql`${value}::text::uuid`),
  bornBefore: (value) => idIs(sql`<`, sql`${value}::text::uuid`),
  bornUpTo: (value) => idIs(sql`<=`, sql`${value}::text::uuid`),
  isAmongFew: () => sql`true`,
  endedAmongMany: ({ finishedAfter, finishedBefore, minDurationMs, maxDurationMs }) => {
    const took = sql`(${ENDED_UNSOUGHT} - r.created_at)`;
    const given = [
      finishedAfter === undefined ? undefined : sql`${ENDED_UNSOUGHT} >= ${at(finishedAfter)}`,
      // What was over by then was born before.
      finishedBefore === undefined
        ? undefined
        : sql`${ENDED_UNSOUGHT} < ${at(finishedBefore)} AND ${idIs(sql`<`, bornUntil(finishedBefore))}`,
      minDurationMs === undefined ? undefined : sql`${took} >= ${ms(minDurationMs)}`,
      maxDurationMs === undefined ? undefined : sql`${took} < ${ms(maxDurationMs)}`,
    ].filter((each) => each !== undefined);
    return given.length === 0 ? sql`true` : sql.join(given, sql` AND `);
  },
  fewAtEdges: () => sql`true`,
  walk: () => sql`true`,
  tagged: hasTag,
  busyTagged: hasTag,
};

export function conditionsOf({ where }: Pick<RunQuery, 'where'>): SQL[] {
  return Object.entries(where).flatMap(([field, value]) =>
    value === undefined ? [] : [(CONDITIONS[field as keyof RunConditions] as (given: unknown) => SQL)(value)],
  );
}

/**
 * For runs that come in their order, or one by one: written so that no index of ends is taken, to sort all of them, or to
 * go through all of them for each.
 */
export function withoutIndexOfEnds(where: RunConditions): RunConditions {
  const { finishedAfter, finishedBefore, minDurationMs, maxDurationMs, ...rest } = where;
  if ((finishedAfter ?? finishedBefore ?? minDurationMs ?? maxDurationMs) === undefined) return rest;
  return { ...rest, endedAmongMany: { finishedAfter, finishedBefore, minDurationMs, maxDurationMs } };
}

/** A page of a list that is sorted by birth begins behind the last one. */
export const beyondPlace = (query: RunQuery): SQL[] =>
  query.after ? [idIs(comparison(query), sql`${query.after[0]}::text::uuid`)] : [];

/** Whether nothing but these is asked for. */
export const asksOnly = (where: RunConditions, names: ReadonlySet<string>): boolean =>
  Object.entries(where).every(([name, value]) => value === undefined || names.has(name));

/** Of what ends in one of these, and in no other way, there are indexes of its own (0200). */
export const endsUnwell = (status: RunConditions['status']): status is readonly RunStatus[] =>
  status?.every((one) => isRunOver(one) && !isRunSuccess(one)) === true;

/** Fields that say when a run was born, which its id says too. */
export const OF_BIRTH: ReadonlySet<string> = new Set<keyof RunConditions>([
  ...([
    'orgUuid',
    'createdAfter',
    'createdBefore',
    'idRange',
    'bornSince',
    'bornBefore',
    'bornUpTo',
  ] as const),
]);

/** What they, and the place where the page begins, say of a run's id that stands in another table. */
export function idBounds(id: SQL, query: RunQuery): SQL[] {
  const { createdAfter, createdBefore, idRange, bornSince, bornBefore, bornUpTo } = query.where;
  const [last] = (query.sort === 'created' && query.after) || [];
  const bare = (value: string) => sql`${value}::text::uuid`;
  return [
    createdAfter === undefined ? [] : sql`${id} >= ${bornFrom(createdAfter)}`,
    createdBefore === undefined ? [] : sql`${id} < ${bornUntil(createdBefore)}`,
    idRange === undefined ? [] : sql`${id} BETWEEN ${bare(idRange.from)} AND ${bare(idRange.to)}`,
    bornSince === undefined ? [] : sql`${id} >= ${bare(bornSince)}`,
    bornBefore === undefined ? [] : sql`${id} < ${bare(bornBefore)}`,
    bornUpTo === undefined ? [] : sql`${id} <= ${bare(bornUpTo)}`,
    last === undefined ? [] : sql`${id} ${comparison(query)} ${bare(last)}`,
  ].flat();
}
