import { type SQL, sql } from 'drizzle-orm';
import { given, readyRows } from '#db/ready-rows.ts';
import { runs } from '#db/schema/index.ts';
import { findIds, readTenant } from '#db/tenant.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { redactSummary } from './redact.ts';
import { countFew, countWork, type RunQuery, selectRunIds } from './run-query.ts';
import { type RunSummary, SUMMARY_COLUMNS, toSummary } from './run-view.ts';

export interface Found extends Record<string, unknown> {
  /** Bare. */
  id: string;
  /** The value that the list is sorted by, where that is not the id. */
  place: string | null;
}

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const SPANS_MS = [HOUR_MS, 24 * HOUR_MS, WEEK_MS, 4 * WEEK_MS];

/** The ids of a page, in its order. */
export async function findRuns(services: Services, query: RunQuery): Promise<Found[]> {
  let found: Found[] = [];
  for (const where of await stretchesOf(services, query)) {
    const select = selectRunIds({ ...query, where });
    found = [
      ...(await findIds(services.db, (tx) => tx.execute<Found>(select), plansFor({ ...query, where }))),
    ];
    if (found.length >= query.limit) break;
  }
  return found;
}

/** What most lists are asked by. Runs that fit are found in their order, so the newest week mostly fills a page. */
const ORDERED: ReadonlySet<string> = new Set<keyof RunQuery['where']>([
  'orgUuid',
  'pipelineId',
  'versionId',
  'status',
  'busyAgentId',
]);

/** Of these the plan of a first page is the same whatever the values are, which week is looked at too. */
const ALIKE: ReadonlySet<string> = new Set<keyof RunQuery['where']>([
  'orgUuid',
  'pipelineId',
  'status',
  'bornSince',
]);

const asks = (where: RunQuery['where'], names: ReadonlySet<string>): boolean =>
  Object.entries(where).every(([name, value]) => value === undefined || names.has(name));

/**
 * Planning for the parts of all weeks takes longer than reading a page. Where a page begins has to be seen by the planner:
 * it takes a third of the table to be beyond a place that it does not know, and would read and sort that.
 */
const plansFor = ({ where, sort, after }: RunQuery) =>
  sort === 'created' && !after && asks(where, ALIKE) ? 'kept' : 'by value';

/**
 * The conditions to look with, one after the other, until the page is full; the last ones are the query's own.
 * The index of labels knows no order, so all that matches is read and sorted. Most runs may have the label that is
 * looked for; then a short stretch of time beyond the place where the page begins is enough to fill it. A week of what
 * is in order spares the planning for the parts of all others, which takes longer than reading a page. Likewise with a
 * time in which many ended: of a rare status none may be among them, and the last of it would be looked for in all weeks before.
 */
export async function stretchesOf(services: Services, asked: RunQuery): Promise<RunQuery['where'][]> {
  const few = asked.sort === 'created' ? await isYes(services, countFew(asked)) : null;
  if (few) return [{ ...asked.where, isAmongFew: true }];
  const query = (await isYes(services, countWork(asked))) ? ofBusyAgent(asked) : asked;
  const { where, sort, order } = query;
  const isByLabel = where.label !== undefined || where.tagged?.label != null;
  const isOrdered = few === false || asks(where, ORDERED);
  if (sort !== 'created' || !(isByLabel || (isOrdered && order === 'desc'))) return [where];
  const beginsAt = await beginningOf(services, query);
  const isByEnd = where.finishedAfter !== undefined || where.finishedBefore !== undefined;
  const isSoonFull = isByLabel || (few === false && isByEnd);
  const spans = isSoonFull ? SPANS_MS : [WEEK_MS];
  const stretches = spans.map((span) =>
    order === 'desc' ? { bornSince: idAt(beginsAt - span) } : { bornBefore: idAt(beginsAt + span) },
  );
  return [...stretches.map((stretch) => ({ ...where, ...stretch })), where];
}

/** What a count says; null: there is nothing to count. */
async function isYes({ db }: Services, count: SQL | null): Promise<boolean | null> {
  if (!count) return null;
  const [row] = await findIds(db, (tx) => tx.execute<{ yes: boolean }>(count));
  return row?.yes ?? false;
}

/** It has done so much that each run which comes in the order of the list is asked whether it is one of those. */
const ofBusyAgent = (query: RunQuery): RunQuery => {
  const { agentId, ...where } = query.where;
  return { ...query, where: { ...where, busyAgentId: agentId } };
};

/** The time of the id where the page begins. */
async function beginningOf({ db, now }: Services, { where, order, after }: RunQuery): Promise<number> {
  const [id] = after ?? [];
  if (id !== undefined) return bornAt(id);
  if (order === 'desc') return Math.min(now(), Date.parse(where.finishedBefore ?? '') || now());
  const [oldest] = await findIds(db, (tx) =>
    tx.execute<{ id: string }>(sql`SELECT id FROM runs ORDER BY id LIMIT 1`),
  );
  return oldest ? bornAt(oldest.id) : now();
}

/** The least id of that time. */
const idAt = (ms: number): string =>
  Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0').padEnd(32, '0');

const bornAt = (uuid: string): number => Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16);

const earlier = (one: string, other: string): string => (one < other ? one : other);
const later = (one: string, other: string): string => (one > other ? one : other);

/** Between the first and the last: a plan that is kept leaves out other weeks by that, and not by a list. */
const SUMMARIES = readyRows(
  SUMMARY_COLUMNS,
  sql`FROM ${runs} WHERE ${runs.id} BETWEEN ${given('first')} AND ${given('last')}
    AND ${runs.id} = ANY (${given('ids')}::text::uuid[])`,
);

/** By bare id, without their payloads. */
export async function loadSummaries(
  { db }: Pick<Services, 'db'>,
  actor: Actor,
  ids: readonly string[],
): Promise<Map<string, RunSummary>> {
  if (ids.length === 0) return new Map();
  const [first, last] = [ids.reduce(earlier, ids[0] ?? ''), ids.reduce(later, '')];
  const [rows] = await readTenant(db, actor.orgId, [SUMMARIES({ first, last, ids: `{${ids.join(',')}}` })]);
  return new Map(rows.map((row) => [row.id, redactSummary(actor, toSummary(row))]));
}
