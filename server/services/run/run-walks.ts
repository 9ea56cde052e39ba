import { type SQL, sql } from 'drizzle-orm';
import {
  asksOnly,
  beyondPlace,
  comparison,
  conditionsOf,
  DURATION,
  direction,
  ID,
  idBounds,
  ms,
  OF_BIRTH,
  type RunConditions,
  type RunQuery,
  uuid,
  withoutIndexOfEnds,
} from './run-conditions.ts';

/** Runs that are looked at before another way to find them is tried. */
const FIRST = { label: 500, agent: 150 } as const;

/** What stands in its own order in a table beside the runs is walked along it; all else is asked of each run. */
export function selectWalk(query: RunQuery): SQL {
  const { walk, agentId, label = '', ...rest } = query.where;
  if (agentId !== undefined) return selectVisited(query, agentId);
  const order = direction(query);
  const first = walk === 'first' ? sql`LIMIT ${FIRST.label}::int` : sql``;
  return sql`SELECT r.id, NULL AS place FROM (${labelled(label, query)} ORDER BY l.run_id ${order} ${first}) AS walked
    CROSS JOIN LATERAL (${lookedUp(sql`walked.run_id`, ofEach(rest))}) AS r
    ORDER BY walked.run_id ${order} LIMIT ${query.limit}`;
}

/** One run by its id. Not to be joined otherwise: what is asked of each may cost so much that all runs are gone along instead. */
export const lookedUp = (id: SQL, conditions: readonly SQL[], columns: SQL = sql`r.id`): SQL =>
  sql`SELECT ${columns} FROM runs r WHERE ${sql.join([sql`r.id = ${id}`, ...conditions], sql` AND `)} OFFSET 0`;

/** Asked of each run that is walked to. */
const ofEach = (where: RunConditions): SQL[] => conditionsOf({ where: withoutIndexOfEnds(where) });

const labelled = (label: string, query: RunQuery): SQL =>
  sql`SELECT l.run_id FROM run_labels l WHERE ${sql.join(isLabelled(label, query), sql` AND `)}`;

/** As a row of `run_labels`, called `l`, says it. */
export const isLabelled = (label: string, query: RunQuery): SQL[] => [
  sql`l.org_id = ${query.where.orgUuid}::text::uuid AND l.label = ${label}`,
  ...idBounds(sql`l.run_id`, query),
];

/**
 * What the agent works on and has worked on: from one run to the next, however many tasks of it the agent had. The agent
 * is a range of one and part of the order, so that no other index has the order: the primary key leads through all runs.
 */
function selectVisited(query: RunQuery, agentId: string): SQL {
  const { walk, agentId: _, ...where } = query.where;
  const [order, agent] = [direction(query), uuid(agentId)];
  const bounds = idBounds(sql`run_id`, query);
  const conditions = [
    sql`agent_id BETWEEN ${agent} AND ${agent} AND run_id ${comparison(query)} visited.run_id`,
    ...bounds,
  ];
  const next = (table: SQL) => sql`(SELECT run_id FROM ${table} WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY agent_id ${order}, run_id ${order} LIMIT 1)`;
  const start = (query.order === 'desc' ? 'f' : '0').repeat(32);
  return sql`WITH RECURSIVE visited (run_id, nth) AS (
      SELECT ${start}::text::uuid, 0
      UNION ALL SELECT next.run_id, visited.nth + 1 FROM visited CROSS JOIN LATERAL (
        SELECT run_id FROM (${next(sql`tasks`)} UNION ALL ${next(sql`attempts`)}) AS work ORDER BY run_id ${order} LIMIT 1
      ) AS next WHERE visited.nth < ${walk === 'first' ? FIRST.agent : query.limit}::int)
    SELECT r.id, NULL AS place FROM visited CROSS JOIN LATERAL (${lookedUp(sql`visited.run_id`, ofEach(where))}) AS r
    ORDER BY visited.run_id ${order} LIMIT ${query.limit}`;
}

/** Of an agent that has done little: all of it, put in order. */
export function selectByAgent(query: RunQuery, agentId: string): SQL {
  const { agentId: _, ...where } = query.where;
  const [order, agent] = [direction(query), uuid(agentId)];
  const conditions = sql.join([sql`agent_id = ${agent}`, ...idBounds(sql`run_id`, query)], sql` AND `);
  return sql`SELECT r.id, NULL AS place FROM (
      SELECT run_id FROM tasks WHERE ${conditions} UNION SELECT run_id FROM attempts WHERE ${conditions}) AS visited
    CROSS JOIN LATERAL (${lookedUp(sql`visited.run_id`, ofEach(where))}) AS r
    ORDER BY visited.run_id ${order} LIMIT ${query.limit}`;
}

const OF_DURATION: ReadonlySet<string> = new Set([
  ...OF_BIRTH,
  ...['minDurationMs', 'maxDurationMs', 'fewAtEdges', 'isAmongFew'],
]);

/** How long it took is all that is asked for. */
export const isByDuration = (where: RunConditions): boolean =>
  (where.minDurationMs ?? where.maxDurationMs) !== undefined && asksOnly(where, OF_DURATION);

/** Steps of `duration_step` to a doubling, and its last one. */
const STEPS = 4;
const LAST_STEP = 127;
/** Where a step ends is worked out here and in the database: nothing may fall between the two. */
const SLACK = 1.0001;

/** The part of a range of durations that lies in its first or its last step. */
export function edgesOf({ minDurationMs: min, maxDurationMs: max }: RunConditions) {
  const step = (duration: number) => Math.floor(STEPS * Math.log2(Math.max(duration, 1)) + 1e-9);
  const low =
    min === undefined ? null : { minDurationMs: min, maxDurationMs: 2 ** ((step(min) + 1) / STEPS) * SLACK };
  const high =
    max === undefined ? null : { minDurationMs: 2 ** (step(max) / STEPS) / SLACK, maxDurationMs: max };
  return {
    low: low && max !== undefined ? { ...low, maxDurationMs: Math.min(low.maxDurationMs, max) } : low,
    high: high && min !== undefined ? { ...high, minDurationMs: Math.max(high.minDurationMs, min) } : high,
  };
}

/**
 * The end of each step of the scale of durations, and then the first of all. Of a step that lies in the range in part, few
 * runs may be in that part and many beside it: where they are few they are all looked up.
 */
export function selectBySteps(query: RunQuery): SQL {
  const { minDurationMs, maxDurationMs, fewAtEdges, ...rest } = query.where;
  const { low, high } = edgesOf(query.where);
  const stepOf = (duration: number) => sql`duration_step(${ms(duration)})::int`;
  const from =
    minDurationMs === undefined ? sql`0` : sql`${stepOf(minDurationMs)} + ${fewAtEdges?.low ? 1 : 0}::int`;
  const to =
    maxDurationMs === undefined
      ? sql`${LAST_STEP}::int`
      : sql`${stepOf(maxDurationMs)} - ${fewAtEdges?.high ? 1 : 0}::int`;
  const conditions = [
    ...conditionsOf({ where: { ...rest, endedAmongMany: { minDurationMs, maxDurationMs } } }),
    sql`r.finished_at IS NOT NULL AND duration_step(${DURATION}) = s.step::smallint`,
    ...beyondPlace(query),
  ];
  const [order, limit] = [direction(query), query.limit];
  const steps = sql`SELECT page.id FROM generate_series(${from}, ${to}) AS s (step)
    CROSS JOIN LATERAL (SELECT r.id FROM runs r WHERE ${sql.join(conditions, sql` AND `)}
      ORDER BY ${ID} ${order} LIMIT ${limit}) page`;
  const edges = [fewAtEdges?.low && low, fewAtEdges?.high && high].flatMap((edge) =>
    edge
      ? [
          sql`SELECT r.id FROM runs r WHERE ${sql.join([...conditionsOf({ where: { ...rest, ...edge } }), ...beyondPlace(query)], sql` AND `)}`,
        ]
      : [],
  );
  return sql`SELECT id, NULL AS place FROM (${sql.join([steps, ...edges], sql` UNION `)}) AS found
    ORDER BY id ${order} LIMIT ${limit}`;
}
