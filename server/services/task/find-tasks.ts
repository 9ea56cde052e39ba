import { type SQL, sql } from 'drizzle-orm';
import { findIds } from '#db/tenant.ts';
import { toUuid } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import type { Order } from '../page.ts';
import { findPage } from '../run/find-runs.ts';
import type { RunSort } from '../run/run-conditions.ts';
import { resolveFilterAlone } from '../run/run-filter.ts';
import { fits, TASK_DURATION, type TaskAsked } from '../run/task-conditions.ts';
import type { TaskSearch } from './task-filter.ts';

/** Of one run: by what. A task that has not come so far has no place in such a list. */
const PLACES = {
  started: { value: sql`t.started_at`, type: sql`timestamptz` },
  finished: { value: sql`t.finished_at`, type: sql`timestamptz` },
  duration: { value: TASK_DURATION, type: sql`interval` },
} as const;
export type PlaceInRun = keyof typeof PLACES;

export interface FoundTask extends Record<string, unknown> {
  /** Of its run, bare. */
  id: string;
  index: number;
  /** What a cursor holds of it. */
  place: readonly string[];
}

export interface FoundTasks {
  found: FoundTask[];
  /** Up to where was looked, if there may be more behind it. */
  rest: readonly string[] | null;
}

interface Query {
  search: TaskSearch;
  order: Order;
  after: readonly string[] | undefined;
  limit: number;
}

/**
 * Run by run, in the order of these: each of them has a task that fits, and gives as many as there is room for. Nothing
 * leads to tasks by themselves: what changes while a task goes on has no index, which every step of every task would pay for.
 */
export async function findByRun(
  services: Services,
  actor: Actor,
  { search, sort, order, after, limit }: Query & { sort: RunSort },
): Promise<FoundTasks> {
  const { tasks } = search;
  const where = { ...(await resolveFilterAlone(services, actor, search.runs)), stage: tasks };
  const begun = after && openPlace(after);
  const query = { where, sort, order, limit, ...(begun ? { after: begun.ofRun } : {}) };
  const page = await findPage(services, query);
  const runs = page.found.map(({ id, place }) => ({ id, place: place === null ? [id] : [place, id] }));
  if (begun && begun.index !== null) runs.unshift({ id: begun.id, place: [...begun.ofRun] });
  const placeOf = new Map(runs.map(({ id, place }) => [id, place]));
  const rows = await select(
    services,
    selectTasksOf({ ids: [...placeOf.keys()], tasks, order, limit, begun }),
  );
  const found = rows.map(({ id, index }) => ({
    ...{ id, index },
    place: [...(placeOf.get(id) ?? []), String(index)],
  }));
  // Some may have moved on since their runs were found: then the page is short, and not the last one.
  const isCutOff = page.found.length >= limit && found.length < limit;
  const rest = isCutOff ? (runs.at(-1)?.place ?? null) : page.rest;
  return { found, rest: rest && [...rest, ALL] };
}

/** In place of a task: all of them were seen. */
const ALL = 'all';

interface Begun {
  /** Where its run stands in the list of runs. */
  ofRun: readonly string[];
  id: string;
  /** Null: it has no more. */
  index: number | null;
}

function openPlace(after: readonly string[]): Begun {
  const ofRun = after.slice(0, -1);
  const index = after.at(-1) ?? ALL;
  return { ofRun, id: ofRun.at(-1) ?? '', index: index === ALL ? null : Number(index) };
}

interface TasksOf {
  ids: readonly string[];
  tasks: TaskAsked;
  order: Order;
  limit: number;
  begun: Begun | undefined;
}

function selectTasksOf({ ids, tasks, order, limit, begun }: TasksOf): SQL {
  const by = order === 'asc' ? sql`ASC` : sql`DESC`;
  const isBeyond =
    begun === undefined || begun.index === null
      ? []
      : [
          sql`(asked.id <> ${begun.id}::text::uuid OR t.idx ${order === 'asc' ? sql`>` : sql`<`} ${begun.index}::int)`,
        ];
  const conditions = sql.join([sql`t.run_id = asked.id`, ...fits(tasks), ...isBeyond], sql` AND `);
  return sql`SELECT found.run_id AS id, found.idx AS index, NULL AS place
    FROM unnest(${`{${ids.join(',')}}`}::text::uuid[]) WITH ORDINALITY AS asked (id, nth)
    CROSS JOIN LATERAL (SELECT t.run_id, t.idx FROM tasks t WHERE ${conditions} ORDER BY t.idx ${by} LIMIT ${limit}::int) AS found
    ORDER BY asked.nth, found.idx ${by} LIMIT ${limit}::int`;
}

/** Those of one run, all of which are read: a run has no more than a pipeline may have stages. */
export async function findInRun(
  services: Services,
  actor: Actor,
  { search, sort, order, after, limit }: Query & { sort: PlaceInRun },
): Promise<FoundTasks> {
  const { tasks } = search;
  const where = { ...(await resolveFilterAlone(services, actor, search.runs)), stage: tasks };
  const { found } = await findPage(services, { where, sort: 'created', order, limit: 1 });
  const [run] = found;
  if (!run) return { found: [], rest: null };
  const { value, type } = PLACES[sort];
  const [by, isBeyond] = order === 'asc' ? [sql`ASC`, sql`>`] : [sql`DESC`, sql`<`];
  const conditions = [
    sql`t.run_id = ${toUuid(run.id)}::text::uuid AND ${value} IS NOT NULL`,
    ...fits(tasks),
    ...(after ? [sql`(${value}, t.idx) ${isBeyond} (${after[0]}::text::${type}, ${after[1]}::int)`] : []),
  ];
  const rows = await select(
    services,
    sql`SELECT t.run_id AS id, t.idx AS index, ${value}::text AS place FROM tasks t
      WHERE ${sql.join(conditions, sql` AND `)} ORDER BY ${value} ${by}, t.idx ${by} LIMIT ${limit}::int`,
  );
  return {
    found: rows.map(({ id, index, place }) => ({ id, index, place: [place ?? '', String(index)] })),
    rest: null,
  };
}

interface Row extends Record<string, unknown> {
  id: string;
  index: number;
  place: string | null;
}

const select = ({ db }: Services, statement: SQL): Promise<readonly Row[]> =>
  findIds(db, (tx) => tx.execute<Row>(statement), 'by value');
