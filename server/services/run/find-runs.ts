import { type SQL, sql } from 'drizzle-orm';
import { given, readyRows } from '#db/ready-rows.ts';
import { runs } from '#db/schema/index.ts';
import { findIds, readTenant } from '#db/tenant.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { redactSummary } from './redact.ts';
import { asksOnly, OF_BIRTH, type RunConditions, type RunQuery } from './run-conditions.ts';
import { countEdges, countFew, countWalked, selectRunIds } from './run-query.ts';
import { type RunSummary, SUMMARY_COLUMNS, toSummary } from './run-view.ts';
import { isByDuration } from './run-walks.ts';

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
  for await (const where of stretchesOf(services, query)) {
    const select = selectRunIds({ ...query, where });
    found = [
      ...(await findIds(services.db, (tx) => tx.execute<Found>(select), plansFor({ ...query, where }))),
    ];
    if (found.length >= query.limit) break;
  }
  return found;
}

/** What most lists are asked by. Runs that fit are found in their order, so the newest week mostly fills a page. */
const ORDERED: ReadonlySet<string> = new Set<keyof RunConditions>([
  ...(['orgUuid', 'pipelineId', 'pipelineUuids', 'versionId', 'status', 'busyAgentId', 'busyLabel'] as const),
]);

/** Of these the plan of a first page is the same whatever the values are, which week is looked at too. */
const ALIKE: ReadonlySet<string> = new Set<keyof RunConditions>([
  ...(['orgUuid', 'pipelineId', 'pipelineUuids', 'status', 'bornSince'] as const),
]);

/** A tag and no more: what has it is read off the ends of its pipelines and of its label. */
const TAGGED: ReadonlySet<string> = new Set([...OF_BIRTH, 'tagged']);
const FRESHLY_TAGGED: ReadonlySet<string> = new Set<keyof RunConditions>(['orgUuid', 'tagged', 'bornSince']);

/**
 * Planning for the parts of all weeks takes longer than reading a page. Where a page begins has to be seen by the planner:
 * it takes a third of the table to be beyond a place that it does not know, and would read and sort that. What is walked
 * has one index that fits.
 */
export const plansFor = ({ where, sort, after }: RunQuery) => {
  const isAlike = !after && (asksOnly(where, ALIKE) || asksOnly(where, FRESHLY_TAGGED));
  const hasOneIndex = where.walk !== undefined || isByDuration(where);
  return sort === 'created' && (hasOneIndex || isAlike) ? 'kept' : 'by value';
};

/**
 * The conditions to look with, one after the other, until the page is full; the last ones are the query's own. Each is
 * thought of when the one before has not been enough.
 */
export async function* stretchesOf(services: Services, asked: RunQuery): AsyncGenerator<RunConditions> {
  const { where, sort } = asked;
  const few =
    sort === 'created'
      ? await isYes(services, countFew(asked), isByDuration(where) ? 'kept' : 'by value')
      : null;
  if (sort !== 'created') yield where;
  else if (few) yield { ...where, isAmongFew: true };
  else yield* walkThrough(services, asked, few === false);
}

/** Along what stands in the order of the runs: all of it where that is all that is asked for, or little; else its first. */
async function* walkThrough(
  services: Services,
  query: RunQuery,
  isAmongMany: boolean,
): AsyncGenerator<RunConditions> {
  const { where } = query;
  if (where.agentId !== undefined && !(where.label && (await hasFew(services, query)))) {
    if (asksOnly(where, OF_AGENT)) return yield { ...where, walk: 'all' };
    if (!(await isYes(services, countWalked(query)))) return yield where;
    yield { ...where, walk: 'first' };
    return yield* walkThrough(services, ofBusyAgent(query), isAmongMany);
  }
  if (where.label === undefined) return yield* stretchesOfTime(services, query, isAmongMany);
  if (where.agentId !== undefined) return yield { ...ofBusyAgent(query).where, walk: 'all' };
  const isMuch = !asksOnly(where, OF_LABEL) && (await isYes(services, countWalked(query)));
  yield { ...where, walk: isMuch ? 'first' : 'all' };
  if (!isMuch) return;
  // None of the first ones are what is asked for, so few are: the shorter way is likely the one with fewer runs along it.
  if (await isYes(services, countWalked(query, MANY)))
    yield* stretchesOfTime(services, ofBusyLabel(query), isAmongMany);
  else yield { ...where, walk: 'all' };
}

/** Runs of a label that are rather walked along than looked for among those of the other conditions. */
const MANY = 10_000;

/** Few runs have its label. */
const hasFew = async (services: Services, { where: { agentId: _, ...where }, ...query }: RunQuery) =>
  !(await isYes(services, countWalked({ ...query, where })));

/** What is born in a range of ids is a range of the walk; the times themselves are asked of each run. */
const OF_AGENT: ReadonlySet<string> = new Set<keyof RunConditions>(['orgUuid', 'agentId', 'idRange']);
const OF_LABEL: ReadonlySet<string> = new Set([...OF_BIRTH, 'label']);

/**
 * A week of what is in order spares the planning for the parts of all others, which takes longer than reading a page.
 * Likewise a short stretch of a time in which many ended: of a rare status none may be among them, and the last of it
 * would be looked for in all weeks before; and of a tag with more that is asked for, which the planner judges by itself.
 */
async function* stretchesOfTime(
  services: Services,
  query: RunQuery,
  isAmongMany: boolean,
): AsyncGenerator<RunConditions> {
  const { order } = query;
  const edges = isAmongMany ? await edgesOf(services, query) : {};
  const where = { ...query.where, ...edges };
  const isByTag = where.tagged?.label != null && !asksOnly(where, TAGGED);
  const isByEnd = where.finishedAfter !== undefined || where.finishedBefore !== undefined;
  const isOrdered = isAmongMany || asksOnly(where, ORDERED) || asksOnly(where, TAGGED);
  if (isByTag || (isOrdered && order === 'desc')) {
    const beginsAt = await beginningOf(services, query);
    for (const span of isByTag || (isAmongMany && isByEnd) ? SPANS_MS : [WEEK_MS]) {
      const ends =
        order === 'desc' ? { bornSince: idAt(beginsAt - span) } : { bornBefore: idAt(beginsAt + span) };
      yield { ...where, ...ends };
    }
  }
  yield where;
}

/** Of a range of durations that many had. */
async function edgesOf({ db }: Services, query: RunQuery): Promise<Pick<RunConditions, 'fewAtEdges'>> {
  const count = countEdges(query);
  if (!count) return {};
  const [fewAtEdges] = await findIds(db, (tx) => tx.execute<{ low: boolean; high: boolean }>(count), 'kept');
  return fewAtEdges ? { fewAtEdges } : {};
}

/** What a count says; null: there is nothing to count. */
async function isYes(
  { db }: Services,
  count: SQL | null,
  plans: 'kept' | 'by value' = 'kept',
): Promise<boolean | null> {
  if (!count) return null;
  const [row] = await findIds(db, (tx) => tx.execute<{ yes: boolean }>(count), plans);
  return row?.yes ?? false;
}

/** It has done so much that each run which comes in the order of the list is asked whether it is one of those. */
const ofBusyAgent = (query: RunQuery): RunQuery => {
  const { agentId, ...where } = query.where;
  return { ...query, where: { ...where, busyAgentId: agentId } };
};

/** Each run that comes in the order of the list is asked whether it has the label. */
const ofBusyLabel = (query: RunQuery): RunQuery => {
  const { label, ...where } = query.where;
  return { ...query, where: { ...where, busyLabel: label } };
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
