import { and, between, sql } from 'drizzle-orm';
import { runs } from '#db/schema/index.ts';
import { findIds, type TenantTransaction } from '#db/tenant.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { redactSummary } from './redact.ts';
import { countFew, type RunQuery, selectRunIds } from './run-query.ts';
import { type RunSummary, SUMMARY_COLUMNS, toSummary } from './run-view.ts';

export interface Found extends Record<string, unknown> {
  /** Bare. */
  id: string;
  /** The value that the list is sorted by, where that is not the id. */
  place: string | null;
}

const HOUR_MS = 3_600_000;
const SPANS_MS = [HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS];

/** The ids of a page, in its order. */
export async function findRuns(services: Services, query: RunQuery): Promise<Found[]> {
  let found: Found[] = [];
  for (const where of await stretchesOf(services, query)) {
    found = [...(await findIds(services.db, (tx) => tx.execute<Found>(selectRunIds({ ...query, where }))))];
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
]);

/**
 * The conditions to look with, one after the other, until the page is full; the last ones are the query's own.
 * The index of labels knows no order, so all that matches is read and sorted. Most runs may have the label that is
 * looked for; then a short stretch of time beyond the place where the page begins is enough to fill it. A week of what
 * is in order spares the planning for the parts of all others, which takes longer than reading a page.
 */
export async function stretchesOf(services: Services, query: RunQuery): Promise<RunQuery['where'][]> {
  const { where, sort, order } = query;
  const few = sort === 'created' ? await isAmongFew(services, query) : null;
  if (few) return [{ ...where, isAmongFew: true }];
  const isByLabel = where.label !== undefined || where.tagged?.label != null;
  const isOrdered =
    few === false || Object.entries(where).every(([name, value]) => value === undefined || ORDERED.has(name));
  if (sort !== 'created' || !(isByLabel || (isOrdered && order === 'desc'))) return [where];
  const beginsAt = await beginningOf(services, query);
  const spans = isByLabel ? SPANS_MS : SPANS_MS.slice(-1);
  const stretches = spans.map((span) =>
    order === 'desc' ? { bornSince: idAt(beginsAt - span) } : { bornBefore: idAt(beginsAt + span) },
  );
  return [...stretches.map((stretch) => ({ ...where, ...stretch })), where];
}

/** False: they are so many that a page of them is soon found in the order of ids. Null: nothing is asked about their end. */
async function isAmongFew({ db }: Services, query: RunQuery): Promise<boolean | null> {
  const count = countFew(query);
  if (!count) return null;
  const [row] = await findIds(db, (tx) => tx.execute<{ few: boolean }>(count));
  return row?.few ?? false;
}

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

/** By bare id, without their payloads. */
export async function loadSummaries(
  tx: TenantTransaction,
  actor: Actor,
  ids: readonly string[],
): Promise<Map<string, RunSummary>> {
  const [first, last] = [ids.reduce(earlier, ids[0] ?? ''), ids.reduce(later, '')];
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select(SUMMARY_COLUMNS)
    .from(runs)
    // Between the first and the last: a plan that is kept leaves out other weeks by that, and not by a list.
    .where(and(between(runs.id, first, last), sql`${runs.id} = ANY (${`{${ids.join(',')}}`}::text::uuid[])`));
  return new Map(rows.map((row) => [row.id, redactSummary(actor, toSummary(row))]));
}
