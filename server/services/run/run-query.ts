import { type SQL, sql } from 'drizzle-orm';
import { toUuid } from '#server/domain/ids.ts';
import { RUN_STATUSES } from '#server/domain/statuses.ts';
import {
  ACTIVE,
  asksOnly,
  beyondPlace,
  COMMON_TRIGGER,
  comparison,
  conditionsOf,
  DURATION,
  direction,
  type EndQuery,
  endsUnwell,
  ID,
  idBounds,
  isByEnds,
  list,
  OF_BIRTH,
  type RunConditions,
  type RunQuery,
  uuid,
  withoutIndexOfEnds,
} from './run-conditions.ts';
import { hasStage } from './run-stages.ts';
import {
  edgesOf,
  isByDuration,
  isLabelled,
  lookedUp,
  selectByAgent,
  selectBySteps,
  selectWalk,
} from './run-walks.ts';

/**
 * The ids of a page of runs, with the value that they are sorted by. No filter reads a part of the table from end to
 * end: each has an index (migrations 0050 and 0182) or a table (0180) whose order is that of the list, so that a page is
 * read and no more.
 */
export function selectRunIds(query: RunQuery): SQL {
  const { where } = query;
  if (isByEnds(query)) return where.isAmongFew ? selectSortedFew(query) : selectInOrderOfEnds(query);
  if (where.walk) return selectWalk(query);
  if (where.isAmongFew) return selectAmongFew(query);
  if (isByDuration(where)) return selectBySteps(query);
  return selectInOrder({ ...query, where: withoutIndexOfEnds(where) });
}

function selectInOrder(query: RunQuery): SQL {
  const { where } = query;
  if (where.agentId !== undefined) return selectByAgent(query, where.agentId);
  // Each of these has an index that leads to its runs in the order of their ids, or the planner judges what leads to few.
  if (where.label ?? where.versionId ?? where.errorGroup ?? where.replayOf) return selectFlat(query);
  if (where.trigger !== undefined && where.trigger !== COMMON_TRIGGER) return selectFlat(query);
  if (where.tagged && where.pipelineId === undefined) return selectTagged(query, where.tagged);
  return selectByStatus(query);
}

/** What a list is sorted by, and how it is read back from a cursor. */
const SORTED: Record<EndQuery['sort'], { value: SQL; type: SQL }> = {
  finished: { value: sql`r.finished_at`, type: sql`timestamptz` },
  duration: { value: DURATION, type: sql`interval` },
};

function selectFlat(query: RunQuery): SQL {
  const { limit, skip = 0 } = query;
  const { label, ...where } = query.where;
  const source = label === undefined ? sql`runs r` : sql`run_labels l JOIN runs r ON r.id = l.run_id`;
  const hasLabel = label === undefined ? [] : isLabelled(label, query);
  const conditions = sql.join([...conditionsOf({ where }), ...hasLabel, ...afterOf(query)], sql` AND `);
  return sql`SELECT r.id, NULL AS place FROM ${source} WHERE ${conditions} ORDER BY ${ID} ${direction(query)} LIMIT ${limit} OFFSET ${skip}::int`;
}

/** Along the index of ends or of durations; of what did not end well, along one range of its own for each way to end. */
function selectInOrderOfEnds({ where, ...query }: EndQuery): SQL {
  const { value } = SORTED[query.sort];
  const { status, ...rest } = where;
  const { limit, skip = 0 } = query;
  const by = direction(query);
  const ofOneWay = (ways: RunConditions['status']) => {
    const conditions = [
      ...conditionsOf({ where: { ...rest, status: ways } }),
      ...afterOf({ where, ...query }),
    ];
    const source =
      query.upTo !== undefined ? lookedAt({ ...query, where: { ...where, status: ways } }) : sql`runs r`;
    return sql`(SELECT r.id, ${value} AS place FROM ${source} WHERE r.finished_at IS NOT NULL
      AND ${sql.join(conditions, sql` AND `)} ORDER BY ${value} ${by}, r.id ${by} LIMIT ${limit + skip}::int)`;
  };
  const ways = endsUnwell(status) ? status.map((one) => ofOneWay([one])) : [ofOneWay(status)];
  return sql`SELECT id, place::text AS place FROM (${sql.join(ways, sql` UNION ALL `)}) AS ended
    ORDER BY ended.place ${by}, id ${by} LIMIT ${limit} OFFSET ${skip}::int`;
}

/**
 * The runs up to a place, read along the index before each is asked for the rest: the planner does not see how few they
 * are, and where hardly any seems to fit it would read all runs and sort them.
 */
function lookedAt(query: EndQuery): SQL {
  const { value } = SORTED[query.sort];
  const by = direction(query);
  const conditions = [...conditionsOf({ where: ofIndex(query) }), ...afterOf(query)];
  return sql`(SELECT * FROM runs r WHERE r.finished_at IS NOT NULL AND ${sql.join(conditions, sql` AND `)}
    ORDER BY ${value} ${by}, r.id ${by} LIMIT ${2 * MOST_LOOKED_AT}::int) AS r`;
}

/** What the index of ends or durations knows of it. */
function ofIndex({ where, sort }: EndQuery): RunConditions {
  const { orgUuid, finishedAfter, finishedBefore, minDurationMs, maxDurationMs, status } = where;
  const range = sort === 'finished' ? { finishedAfter, finishedBefore } : { minDurationMs, maxDurationMs };
  return { orgUuid, ...range, ...(endsUnwell(status) ? { status } : {}) };
}

/** Runs of pipelines that have the tag, and runs that have it themselves. */
function selectTagged(query: RunQuery, { pipelineUuids, label }: NonNullable<RunConditions['tagged']>): SQL {
  const { tagged: _, ...rest } = query.where;
  const ofPipelines = selectByStatus({ ...query, where: { ...rest, pipelineUuids } });
  if (label === null) return ofPipelines;
  const labelled = { ...query, where: { ...rest, label } };
  const ofRuns = asksOnly(rest, OF_BIRTH)
    ? selectWalk({ ...labelled, where: { ...labelled.where, walk: 'all' } })
    : selectFlat(labelled);
  return sql`SELECT id, NULL AS place FROM ((${ofPipelines}) UNION (${ofRuns})) AS both_ways
    ORDER BY id ${direction(query)} LIMIT ${query.limit}`;
}

/** The ends of runs have indexes that know nothing of the order of ids. Null: the filter says nothing of ends. */
function endsOf({ where }: RunQuery): SQL | null {
  const { orgUuid, finishedAfter, finishedBefore, minDurationMs, maxDurationMs } = where;
  const isByTime = finishedAfter !== undefined || finishedBefore !== undefined;
  if (!isByTime && minDurationMs === undefined && maxDurationMs === undefined) return null;
  // One index is used, and the rest is asked of what it leads to.
  const range = isByTime ? { finishedAfter, finishedBefore } : { minDurationMs, maxDurationMs };
  const conditions = conditionsOf({ where: { orgUuid, ...range } });
  // In the order of that index: the planner takes a third of all runs to be beyond a duration, and would read them as they lie.
  return sql`SELECT r.id FROM runs r WHERE r.finished_at IS NOT NULL AND ${sql.join(conditions, sql` AND `)}
    ORDER BY ${isByTime ? sql`r.finished_at` : DURATION}, r.id`;
}

/** What was counted and is few. */
const fewEnds = (query: RunQuery): SQL => sql`${endsOf(query)} LIMIT ${2 * MOST_LOOKED_AT}::int`;

/** As many as may be read for one page and sorted. */
const FEW = 2000;
/** As many as a request may look at one by one. */
export const MOST_LOOKED_AT = 5000;

/** How many runs were over in the time or took the time that is asked for, as far as these are few; null: it is not asked for. */
export function countFew(query: RunQuery, max: number = FEW): SQL | null {
  const ends = endsOf(query);
  return ends && sql`SELECT count(*) <= ${max}::int AS yes FROM (${ends} LIMIT ${max + 1}::int) AS seen`;
}

/** How many runs there are of the time of birth that is asked for, as far as these are few; null: it is not asked for. */
export function countBorn(query: RunQuery, max: number): SQL | null {
  const birth = birthOf(query);
  if (Object.values(birth).every((value) => value === undefined)) return null;
  const conditions = sql.join(
    conditionsOf({ where: { orgUuid: query.where.orgUuid, ...birth } }),
    sql` AND `,
  );
  return sql`SELECT count(*) <= ${max}::int AS yes FROM (SELECT FROM runs r WHERE ${conditions} LIMIT ${max + 1}::int) AS seen`;
}

interface KeptApart {
  /** Some of them more than once. */
  ids: SQL;
  /** What is asked of each of them. */
  rest: RunConditions;
}

/** What a table of its own, or an index of few, says of runs; null: nothing of it is asked for. */
function keptApart(query: RunQuery): KeptApart | null {
  const { orgUuid, agentId, label, tagged, replayed } = query.where;
  const ofOrg = sql`org_id = ${orgUuid}::text::uuid`;
  const labelled = (word: string) =>
    sql`SELECT l.run_id AS id FROM run_labels l WHERE ${sql.join(isLabelled(word, query), sql` AND `)}`;
  if (agentId !== undefined) {
    const byAgent = sql.join([sql`agent_id = ${uuid(agentId)}`, ...idBounds(sql`run_id`, query)], sql` AND `);
    const ids = sql`SELECT run_id AS id FROM tasks WHERE ${byAgent} UNION ALL SELECT run_id FROM attempts WHERE ${byAgent}`;
    return { ids, rest: { ...query.where, agentId: undefined } };
  }
  if (label !== undefined) {
    const { label: _, ...rest } = query.where;
    return { ids: labelled(label), rest };
  }
  if (tagged) {
    const { tagged: _, ...rest } = query.where;
    const ofPipelines = sql`SELECT id FROM runs WHERE ${ofOrg} AND pipeline_id = ANY (${list(tagged.pipelineUuids)}::text::uuid[])`;
    const ids = tagged.label === null ? ofPipelines : sql`${ofPipelines} UNION ALL ${labelled(tagged.label)}`;
    return { ids, rest };
  }
  if (!replayed) return null;
  const ids = sql`SELECT replay_of AS id FROM runs WHERE ${ofOrg} AND replay_of IS NOT NULL`;
  return { ids, rest: { ...query.where, replayed: undefined } };
}

/** What few runs are looked up by, where that stands apart from what else is asked of them. */
function apartOf(query: RunQuery): KeptApart | null {
  const { isAmongFew } = query.where;
  if (isAmongFew === 'ends') return { ids: fewEnds(query), rest: query.where };
  return isAmongFew === 'apart' ? keptApart(query) : null;
}

/** Whether these are few; null: there are none such. */
export function countKeptApart(query: RunQuery, max: number): SQL | null {
  const apart = keptApart(query);
  return (
    apart &&
    sql`SELECT count(*) <= ${max}::int AS yes FROM (SELECT FROM (${apart.ids}) AS kept LIMIT ${max + 1}::int) AS seen`
  );
}

/** Whether few are in the first step of the range, and in the last; null: it is not durations that are asked for. */
export function countEdges({ where }: RunQuery): SQL | null {
  if (!isByDuration(where)) return null;
  const { orgUuid } = where;
  const isFew = (edge: Partial<RunConditions> | null) =>
    edge
      ? sql`(SELECT count(*) <= ${FEW}::int FROM (SELECT FROM runs r
        WHERE ${sql.join(conditionsOf({ where: { orgUuid, ...edge } }), sql` AND `)} LIMIT ${FEW + 1}::int) AS seen)`
      : sql`false`;
  const { low, high } = edgesOf(where);
  return sql`SELECT ${isFew(low)} AS low, ${isFew(high)} AS high`;
}

/** Whether the agent has done more, or more runs have the label, than is soon read; null: neither is asked for. */
export function countWalked({ where: { orgUuid, agentId, label } }: RunQuery, max: number = FEW): SQL | null {
  const walked =
    agentId !== undefined
      ? sql`tasks WHERE agent_id = ${uuid(agentId)}`
      : label !== undefined
        ? sql`run_labels WHERE org_id = ${orgUuid}::text::uuid AND label = ${label}`
        : null;
  return (
    walked &&
    sql`SELECT count(*) > ${max}::int AS yes FROM (SELECT FROM ${walked} LIMIT ${max + 1}::int) AS seen`
  );
}

/**
 * What of it leads to runs in their order, by one index (0050): all else is asked of each of them. Where more than one
 * does, the one that mostly leads to fewer.
 */
export function leadOf({ where }: Pick<RunQuery, 'where'>): Partial<RunConditions> {
  const { versionId, errorGroup, trigger, pipelineId, pipelineUuids } = where;
  if (versionId !== undefined) return { versionId };
  if (errorGroup !== undefined) return { errorGroup };
  if (trigger !== undefined && trigger !== COMMON_TRIGGER) return { trigger };
  const status = where.status ?? (where.minWaitingMs === undefined ? undefined : ACTIVE);
  return { status, pipelineId, ...(pipelineUuids ? { pipelineUuids } : {}) };
}

/** When they were born, as far as the filter says so: nothing is over before it has begun. */
function birthOf({ where }: RunQuery): Partial<RunConditions> {
  const { createdAfter, idRange } = where;
  const [createdBefore] = [where.createdBefore, where.finishedBefore]
    .filter((time) => time !== undefined)
    .sort((one, other) => Date.parse(one) - Date.parse(other));
  return { createdAfter, createdBefore, ...(idRange ? { idRange } : {}) };
}

/** The id up to which there are `count` runs to look at, or some times as many; none: there are fewer. */
export function selectFrontier(query: RunQuery, count: number): SQL {
  const { orgUuid, label } = query.where;
  const birth = birthOf(query);
  if (label !== undefined) {
    const walked = { ...query, where: { orgUuid, ...birth } };
    return sql`SELECT l.run_id AS id FROM run_labels l WHERE ${sql.join(isLabelled(label, walked), sql` AND `)}
      ORDER BY l.run_id ${direction(query)} LIMIT 1 OFFSET ${count - 1}::int`;
  }
  return selectInOrder({
    ...query,
    where: { orgUuid, ...leadOf(query), ...birth },
    limit: 1,
    skip: count - 1,
  });
}

/** The same of a list that is sorted by ends or durations: the place in its index, of which it takes a range at most. */
export function selectEndFrontier(query: EndQuery, count: number): SQL {
  return selectInOrderOfEnds({ ...query, where: ofIndex(query), limit: 1, skip: count - 1 });
}

/** Whether one of the conditions that have an index is true of few runs; null: none has one. */
export function countLed(query: RunQuery, max: number): SQL | null {
  const { orgUuid, versionId, errorGroup, trigger, replayOf } = query.where;
  const { status, pipelineId, pipelineUuids } = leadOf({
    where: { ...query.where, versionId: undefined, errorGroup: undefined, trigger: undefined },
  });
  const leads: Partial<RunConditions>[] = [
    { versionId },
    { errorGroup },
    { replayOf },
    { trigger: trigger === COMMON_TRIGGER ? undefined : trigger },
    { status, pipelineId, ...(pipelineUuids ? { pipelineUuids } : {}) },
  ].filter((lead) => Object.values(lead).some((value) => value !== undefined));
  if (leads.length === 0) return null;
  const isFew = (lead: Partial<RunConditions>) => {
    const conditions = [
      ...conditionsOf({ where: { orgUuid, ...lead, ...birthOf(query) } }),
      ...beyondPlace(query),
    ];
    return sql`(SELECT count(*) <= ${max}::int FROM (SELECT FROM runs r WHERE ${sql.join(conditions, sql` AND `)}
      LIMIT ${max + 1}::int) AS seen)`;
  };
  return sql`SELECT ${sql.join(leads.map(isFew), sql` OR `)} AS yes`;
}

function selectAmongFew(query: RunQuery): SQL {
  const { isAmongFew: _, finishedAfter, finishedBefore, minDurationMs, maxDurationMs, ...rest } = query.where;
  const isByTime = finishedAfter !== undefined || finishedBefore !== undefined;
  // What the few were found by is true of them, and an index of it would be another way in: to all of them for each of them.
  const where = isByTime ? { ...rest, minDurationMs, maxDurationMs } : rest;
  const conditions = [...conditionsOf({ where }), ...afterOf(query)];
  return sql`WITH few AS MATERIALIZED (${fewEnds(query)})
    SELECT r.id, NULL AS place FROM few CROSS JOIN LATERAL (${lookedUp(sql`few.id`, conditions)}) AS r
    ORDER BY few.id ${direction(query)} LIMIT ${query.limit}`;
}

/** What an index leads to is all looked up, and then put in the order of another: that would be gone along to its end. */
function selectSortedFew(query: EndQuery): SQL {
  const { value } = SORTED[query.sort];
  const apart = apartOf(query);
  const { isAmongFew: _, stage, ...where } = apart?.rest ?? query.where;
  const asked = apart ? withoutIndexOfEnds(where) : where;
  const conditions = [sql`r.finished_at IS NOT NULL`, ...conditionsOf({ where: asked })];
  const columns = sql`r.id, r.created_at, r.finished_at`;
  const few = apart
    ? sql`SELECT ${columns} FROM (SELECT DISTINCT id FROM (${apart.ids}) AS kept) AS known
      CROSS JOIN LATERAL (${lookedUp(sql`known.id`, conditions, columns)}) AS r`
    : sql`SELECT ${columns} FROM runs r WHERE ${sql.join(conditions, sql` AND `)}`;
  const ofEach = [sql`true`, ...(stage ? [hasStage(stage)] : []), ...afterOf(query)];
  const order = direction(query);
  return sql`WITH few AS MATERIALIZED (${few})
    SELECT r.id, ${value}::text AS place FROM few r WHERE ${sql.join(ofEach, sql` AND `)}
    ORDER BY ${value} ${order}, r.id ${order} LIMIT ${query.limit}`;
}

/** One short range of an index for each status, and for each pipeline where these are asked for; then the first of all. */
function selectByStatus(query: RunQuery): SQL {
  const { where, limit, skip = 0 } = query;
  const {
    pipelineId,
    pipelineUuids = pipelineId === undefined ? null : [toUuid(pipelineId)],
    ...others
  } = where;
  const { status = where.minWaitingMs === undefined ? RUN_STATUSES : ACTIVE, ...rest } = others;
  const conditions = [
    ...conditionsOf({ ...query, where: rest }),
    ...afterOf(query),
    sql`r.status = s.status`,
  ];
  if (pipelineUuids) conditions.push(sql`r.pipeline_id = p.id`);
  return sql`SELECT page.id, NULL AS place FROM unnest(${list(status)}::text::run_status[]) AS s (status)
    ${pipelineUuids ? sql`CROSS JOIN unnest(${list(pipelineUuids)}::text::uuid[]) AS p (id)` : sql``}
    CROSS JOIN LATERAL (SELECT r.id FROM runs r WHERE ${sql.join(conditions, sql` AND `)}
      ORDER BY ${ID} ${direction(query)} LIMIT ${limit} OFFSET ${skip}::int) page
    ORDER BY page.id ${direction(query)} LIMIT ${limit}`;
}

function afterOf(query: RunQuery): SQL[] {
  const { after, upTo, sort } = query;
  if (sort === 'created') return beyondPlace(query);
  const { value, type } = SORTED[sort];
  const is = (than: SQL, [place, id]: readonly string[]) =>
    sql`(${value}, r.id) ${than} (${place}::text::${type}, ${id}::text::uuid)`;
  const beyond = comparison(query);
  return [
    ...(after ? [is(beyond, after)] : []),
    ...(upTo ? [is(query.order === 'desc' ? sql`>=` : sql`<=`, upTo)] : []),
  ];
}
