import { type SQL, sql } from 'drizzle-orm';
import { toUuid } from '#server/domain/ids.ts';
import {
  isRunActive,
  isTaskQueued,
  isTaskReady,
  RUN_STATUSES,
  type RunStatus,
  TASK_STATUSES,
} from '#server/domain/statuses.ts';

export const RUN_SORTS = ['created', 'finished', 'duration'] as const;
export type RunSort = (typeof RUN_SORTS)[number];

/** A filter as the database is asked for it. */
export interface RunConditions {
  orgUuid: string;
  pipelineId?: string | undefined;
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
  label?: string;
  idRange?: { from: string; to: string };
  /** Ids at the ends of a stretch of time. As they are and not as times: then the planner leaves out other weeks. */
  bornSince?: string;
  bornBefore?: string;
  /** Only these few were over in the time, or took the time, that is asked for: they are looked up, and then put in order. */
  isAmongFew?: true;
  /** The same of runs that are many: each that comes in the order of the list is asked. */
  endedAmongMany?: Pick<
    RunConditions,
    'finishedAfter' | 'finishedBefore' | 'minDurationMs' | 'maxDurationMs'
  >;
  /** The pipelines that have the tag; it, and the label of runs that have it themselves, unless these may not be asked for. */
  tagged?: { pipelineUuids: readonly string[]; label: string | null; tag: string | null };
}

export interface RunQuery {
  where: RunConditions;
  sort: RunSort;
  order: 'asc' | 'desc';
  /** Where the page before ended: its last values of the sort, and its last id. */
  after?: readonly string[];
  limit: number;
}

/** The order of ids as the indexes of migration 0050 have it. */
const ID = sql`uuid_send(r.id)`;

/**
 * The ids of a page of runs, with the value that they are sorted by. No filter reads a part of the table from end to
 * end: each has an index (migration 0050) whose order is that of the list, so that a page is read and no more.
 */
export function selectRunIds(query: RunQuery): SQL {
  if (query.sort !== 'created') return selectFlat(query);
  if (query.where.isAmongFew) return selectAmongFew(query);
  return selectInOrder({ ...query, where: withoutIndexOfEnds(query.where) });
}

function selectInOrder(query: RunQuery): SQL {
  const { where } = query;
  if (where.agentId !== undefined) return selectByAgent(query, where.agentId);
  // Each of these has an index that leads to its runs in the order of their ids.
  if (where.versionId ?? where.errorGroup ?? where.replayOf ?? where.label) return selectFlat(query);
  if (where.trigger !== undefined && where.trigger !== COMMON_TRIGGER) return selectFlat(query);
  if (where.tagged && where.pipelineId === undefined) return selectTagged(query, where.tagged);
  return selectByStatus(query, where.pipelineId === undefined ? null : [toUuid(where.pipelineId)]);
}

/** One that was paused waits for people, and so do its tasks. */
const ACTIVE = RUN_STATUSES.filter(isRunActive);
const WAITING = TASK_STATUSES.filter((status) => isTaskReady(status) || isTaskQueued(status));

/** Runs of it are in no index of their own: they are most of what there is. */
const COMMON_TRIGGER = 'api';

const list = (words: readonly string[]): string => `{${words.join(',')}}`;
const direction = ({ order }: RunQuery): SQL => (order === 'desc' ? sql`DESC` : sql`ASC`);

const DURATION = sql`(r.finished_at - r.created_at)`;
/** The same, as no index has it. */
const ENDED_UNSOUGHT = sql`(r.finished_at + interval '0')`;
/** What a list is sorted by, and how it is read back from a cursor. */
const SORTED: Record<Exclude<RunSort, 'created'>, { value: SQL; type: SQL }> = {
  finished: { value: sql`r.finished_at`, type: sql`timestamptz` },
  duration: { value: DURATION, type: sql`interval` },
};

function selectFlat(query: RunQuery): SQL {
  const { sort, limit } = query;
  const conditions = sql.join([...conditionsOf(query), ...afterOf(query)], sql` AND `);
  if (sort === 'created') {
    return sql`SELECT r.id, NULL AS place FROM runs r WHERE ${conditions} ORDER BY ${ID} ${direction(query)} LIMIT ${limit}`;
  }
  const { value } = SORTED[sort];
  return sql`SELECT r.id, ${value}::text AS place FROM runs r WHERE r.finished_at IS NOT NULL AND ${conditions}
    ORDER BY ${value} ${direction(query)}, r.id ${direction(query)} LIMIT ${limit}`;
}

/** The ends of runs have indexes that know nothing of the order of ids. Null: the filter says nothing of ends. */
function endsOf({ where }: RunQuery): SQL | null {
  const { orgUuid, finishedAfter, finishedBefore, minDurationMs, maxDurationMs } = where;
  const isByTime = finishedAfter !== undefined || finishedBefore !== undefined;
  if (!isByTime && minDurationMs === undefined && maxDurationMs === undefined) return null;
  // One index is used, and the rest is asked of what it leads to.
  const range = isByTime ? { finishedAfter, finishedBefore } : { minDurationMs, maxDurationMs };
  const conditions = conditionsOf({ where: { orgUuid, ...range } });
  return sql`SELECT r.id FROM runs r WHERE r.finished_at IS NOT NULL AND ${sql.join(conditions, sql` AND `)}`;
}

/** As many as may be read for one page and sorted. */
const FEW = 2000;

/** How many runs were over in the time or took the time that is asked for, as far as these are few; null: it is not asked for. */
export function countFew(query: RunQuery): SQL | null {
  const ends = endsOf(query);
  return ends && sql`SELECT count(*) <= ${FEW}::int AS yes FROM (${ends} LIMIT ${FEW + 1}::int) AS seen`;
}

/** Whether the agent has done more than is soon read and put in order; null: it is not asked for. */
export function countWork({ where: { agentId }, sort }: RunQuery): SQL | null {
  if (agentId === undefined || sort !== 'created') return null;
  return sql`SELECT count(*) > ${FEW}::int AS yes FROM (
    SELECT FROM tasks WHERE agent_id = ${uuid(agentId)} LIMIT ${FEW + 1}::int) AS seen`;
}

/** So many that a page is soon full in the order of ids: written so that no index of ends is taken, to sort all of them. */
function withoutIndexOfEnds(where: RunConditions): RunConditions {
  const { finishedAfter, finishedBefore, minDurationMs, maxDurationMs, ...rest } = where;
  return { ...rest, endedAmongMany: { finishedAfter, finishedBefore, minDurationMs, maxDurationMs } };
}

function selectAmongFew(query: RunQuery): SQL {
  const { isAmongFew: _, ...where } = query.where;
  const conditions = sql.join([...conditionsOf({ where }), ...afterOf(query)], sql` AND `);
  return sql`WITH few AS MATERIALIZED (${endsOf(query)})
    SELECT r.id, NULL AS place FROM few JOIN runs r ON r.id = few.id WHERE ${conditions}
    ORDER BY few.id ${direction(query)} LIMIT ${query.limit}`;
}

/** One short range of an index for each status, and for each pipeline where these are asked for; then the first of all. */
function selectByStatus(query: RunQuery, pipelineUuids: readonly string[] | null): SQL {
  const { where, limit } = query;
  const { status = where.minWaitingMs === undefined ? RUN_STATUSES : ACTIVE, pipelineId: _, ...rest } = where;
  const conditions = [
    ...conditionsOf({ ...query, where: rest }),
    ...afterOf(query),
    sql`r.status = s.status`,
  ];
  if (pipelineUuids) conditions.push(sql`r.pipeline_id = p.id`);
  return sql`SELECT page.id, NULL AS place FROM unnest(${list(status)}::text::run_status[]) AS s (status)
    ${pipelineUuids ? sql`CROSS JOIN unnest(${list(pipelineUuids)}::text::uuid[]) AS p (id)` : sql``}
    CROSS JOIN LATERAL (SELECT r.id FROM runs r WHERE ${sql.join(conditions, sql` AND `)}
      ORDER BY ${ID} ${direction(query)} LIMIT ${limit}) page
    ORDER BY page.id ${direction(query)} LIMIT ${limit}`;
}

/** Runs of pipelines that have the tag, and runs that have it themselves. */
function selectTagged(query: RunQuery, tagged: NonNullable<RunConditions['tagged']>): SQL {
  const { tagged: _, ...rest } = query.where;
  const ofPipelines = selectByStatus({ ...query, where: rest }, tagged.pipelineUuids);
  if (tagged.label === null) return ofPipelines;
  const labelled = selectFlat({ ...query, where: { ...rest, label: tagged.label } });
  return sql`SELECT id, NULL AS place FROM ((${ofPipelines}) UNION (${labelled})) AS both_ways
    ORDER BY id ${direction(query)} LIMIT ${query.limit}`;
}

/** By what it works on and has worked on, in the order of the runs; each run once. */
function selectByAgent(query: RunQuery, agentId: string): SQL {
  const { agentId: _, ...where } = query.where;
  const conditions = sql.join(conditionsOf({ ...query, where }), sql` AND `);
  const uuid = toUuid(agentId);
  const [id] = query.after ?? [];
  const beyond = id === undefined ? sql`` : sql`AND run_id ${comparison(query)} ${id}::text::uuid`;
  const order = direction(query);
  return sql`SELECT r.id, NULL AS place FROM (
      SELECT DISTINCT run_id FROM (
        SELECT run_id FROM tasks WHERE agent_id = ${uuid}::text::uuid ${beyond}
        UNION ALL SELECT run_id FROM attempts WHERE agent_id = ${uuid}::text::uuid ${beyond}
      ) AS work ORDER BY run_id ${order}
    ) AS visited JOIN runs r ON r.id = visited.run_id
    WHERE ${conditions} ORDER BY visited.run_id ${order} LIMIT ${query.limit}`;
}

/** Said twice: the first leaves out whole weeks, the second is where an index begins. */
const idIs = (than: SQL, id: SQL): SQL => sql`r.id ${than} ${id} AND ${ID} ${than} uuid_send(${id})`;

const comparison = ({ order }: RunQuery): SQL => (order === 'desc' ? sql`<` : sql`>`);

function afterOf(query: RunQuery): SQL[] {
  const { after, sort } = query;
  if (!after) return [];
  if (sort === 'created') {
    return [idIs(comparison(query), sql`${after[0]}::text::uuid`)];
  }
  const { value, type } = SORTED[sort];
  return [sql`(${value}, r.id) ${comparison(query)} (${after[0]}::text::${type}, ${after[1]}::text::uuid)`];
}

/** Ids are made by the clocks of several machines: the range of ids is taken that much wider than the range of time. */
const CLOCKS_APART = sql`interval '1 hour'`;
const ms = (duration: number): SQL => sql`make_interval(secs => ${duration / 1000}::float8)`;
const at = (time: string): SQL => sql`${time}::text::timestamptz`;
const uuid = (id: string): SQL => sql`${toUuid(id)}::text::uuid`;

/** What was over by then was born before. */
const bornBy = (time: string): SQL => idIs(sql`<`, sql`uuid_at(${at(time)} + ${CLOCKS_APART})`);

/** Each field's condition; one that is not given has none. */
const CONDITIONS: { [Field in keyof RunConditions]-?: (value: NonNullable<RunConditions[Field]>) => SQL } = {
  orgUuid: (value) => sql`r.org_id = ${value}::text::uuid`,
  pipelineId: (value) => sql`r.pipeline_id = ${uuid(value)}`,
  versionId: (value) => sql`r.version_id = ${uuid(value)}`,
  status: (value) =>
    value.length === 1
      ? // Written out, so that Postgres sees that it is what an index is limited to.
        sql`r.status = ${sql.raw(`'${value[0]}'`)}`
      : sql`r.status = ANY (${list(value)}::text::run_status[])`,
  createdAfter: (value) =>
    sql`r.created_at >= ${at(value)} AND ${idIs(sql`>=`, sql`uuid_at(${at(value)} - ${CLOCKS_APART})`)}`,
  createdBefore: (value) =>
    sql`r.created_at < ${at(value)} AND ${idIs(sql`<`, sql`uuid_at(${at(value)} + ${CLOCKS_APART})`)}`,
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
  label: (value) => sql`r.labels @> ARRAY[${value}::text]`,
  idRange: ({ from, to }) => sql`r.id BETWEEN ${from}::text::uuid AND ${to}::text::uuid`,
  bornSince: (value) => idIs(sql`>=`, sql`${value}::text::uuid`),
  bornBefore: (value) => idIs(sql`<`, sql`${value}::text::uuid`),
  isAmongFew: () => sql`true`,
  endedAmongMany: ({ finishedAfter, finishedBefore, minDurationMs, maxDurationMs }) => {
    const took = sql`(${ENDED_UNSOUGHT} - r.created_at)`;
    const given = [
      finishedAfter === undefined ? undefined : sql`${ENDED_UNSOUGHT} >= ${at(finishedAfter)}`,
      finishedBefore === undefined
        ? undefined
        : sql`${ENDED_UNSOUGHT} < ${at(finishedBefore)} AND ${bornBy(finishedBefore)}`,
      minDurationMs === undefined ? undefined : sql`${took} >= ${ms(minDurationMs)}`,
      maxDurationMs === undefined ? undefined : sql`${took} < ${ms(maxDurationMs)}`,
    ].filter((each) => each !== undefined);
    return given.length === 0 ? sql`true` : sql.join(given, sql` AND `);
  },
  tagged: ({ pipelineUuids, label }) =>
    label === null
      ? sql`r.pipeline_id = ANY (${list(pipelineUuids)}::text::uuid[])`
      : sql`(r.pipeline_id = ANY (${list(pipelineUuids)}::text::uuid[]) OR r.labels @> ARRAY[${label}::text])`,
};

function conditionsOf({ where }: Pick<RunQuery, 'where'>): SQL[] {
  return Object.entries(where).flatMap(([field, value]) =>
    value === undefined ? [] : [(CONDITIONS[field as keyof RunConditions] as (given: unknown) => SQL)(value)],
  );
}
