import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { TenantTransaction } from '#db/tenant.ts';
import { isTimeZone } from '#server/domain/analytics/buckets.ts';
import {
  ceilTo,
  DAY_MS,
  floorTo,
  type Sealed,
  SLICE_MS,
  type Stretch,
} from '#server/domain/analytics/levels.ts';
import { invalid } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { RunConditions } from '../run/run-conditions.ts';
import { resolveFilter, runFilterFields } from '../run/run-filter.ts';

const moment = z.iso.datetime({ offset: true });
const MAX_RANGE_MS = 1096 * DAY_MS;

/** Which runs are counted: those that ended within a stretch of time and fit. All figures are of these and their tasks. */
export const scopeFields = {
  /** Left out: a day before `to`. */
  from: moment.optional(),
  /** Left out: now. */
  to: moment.optional(),
  timeZone: z.string().max(64).refine(isTimeZone, 'is no time zone, such as Europe/Vienna').default('UTC'),
  pipelineId: runFilterFields.pipelineId,
  version: runFilterFields.version,
  versionId: runFilterFields.versionId,
  agentId: runFilterFields.agentId,
  tag: runFilterFields.tag,
};
/** All that there may be, for what is read by a program. */
export const ALL = 100_000;
/** How many of a list are told. */
export const limitField = z.int().min(1).max(ALL).default(100);

const scopeSchema = z.strictObject(scopeFields);
export type ScopeInput = z.output<typeof scopeSchema>;

export interface Scope {
  /** From slice to slice: what was asked for, and up to five minutes more at each end. */
  range: Stretch;
  /** As long, and just before. */
  previous: Stretch;
  timeZone: string;
  sealed: Sealed;
  /** All that had ended by then is counted; null: nothing yet. */
  countedUntil: number | null;
  /** Nothing is left out: the rows that hold everything together answer it. */
  isEverything: boolean;
  ofRuns: SQL;
  ofTasks: SQL;
}

export async function readScope(
  tx: TenantTransaction,
  actor: Actor,
  { input, now }: { input: ScopeInput; now: number },
): Promise<Scope> {
  const { from, to, timeZone, ...filter } = input;
  const range = rangeOf({ from, to }, now);
  if (filter.agentId !== undefined && filter.tag !== undefined)
    throw invalid(
      'Figures are kept by agent and by tag, and not by both at once.',
      undefined,
      'Leave one of the two out.',
    );
  const where = await resolveFilter(tx, actor, filter);
  const [progress] = await tx.execute<Record<'counted' | 'hours' | 'days', number | null>>(sql`
    SELECT extract(epoch FROM counted_until)::float8 * 1000 AS counted,
      extract(epoch FROM hours_until)::float8 * 1000 AS hours, extract(epoch FROM days_until)::float8 * 1000 AS days
    FROM analytics_progress`);
  return {
    range,
    previous: { from: range.from - (range.to - range.from), to: range.from },
    timeZone,
    sealed: { hoursUntil: progress?.hours ?? null, daysUntil: progress?.days ?? null },
    countedUntil: progress?.counted ?? null,
    isEverything: Object.values(filter).every((value) => value === undefined),
    ofRuns: sql`${conditionOf(where)} AND ${agentIs(where, sql`r.agent_id IS NULL`)}`,
    ofTasks: sql`${conditionOf(where)} AND ${agentIs(where, sql`true`)}`,
  };
}

function rangeOf(given: { from: string | undefined; to: string | undefined }, now: number): Stretch {
  const to = Math.min(given.to === undefined ? now : Date.parse(given.to), now);
  const from = given.from === undefined ? to - DAY_MS : Date.parse(given.from);
  const range = { from: floorTo(SLICE_MS, from), to: ceilTo(SLICE_MS, to) };
  if (range.from >= range.to)
    throw invalid('The range is empty: it ends before it begins.', undefined, 'Choose a `from` before `to`.');
  if (range.to - range.from > MAX_RANGE_MS)
    throw invalid('The range is longer than three years.', undefined, 'Choose a shorter one.');
  return range;
}

function agentIs({ agentId }: RunConditions, otherwise: SQL): SQL {
  return agentId === undefined ? otherwise : sql`r.agent_id = ${toUuid(agentId)}::text::uuid`;
}

/** Runs with the tag are those of pipelines that have it, and others that have it themselves: each counted once. */
function conditionOf({ pipelineId, versionId, tagged }: RunConditions): SQL {
  const parts: SQL[] = [];
  if (pipelineId !== undefined) parts.push(sql`r.pipeline_id = ${toUuid(pipelineId)}::text::uuid`);
  if (versionId !== undefined) parts.push(sql`r.version_id = ${toUuid(versionId)}::text::uuid`);
  if (tagged === undefined) parts.push(sql`r.tag = ''`);
  else {
    const ofPipelines = sql`r.pipeline_id = ANY (${`{${tagged.pipelineUuids.join(',')}}`}::text::uuid[])`;
    const own =
      tagged.tag === null ? sql`false` : sql`r.tag = ${tagged.tag} AND (${ofPipelines}) IS NOT TRUE`;
    parts.push(sql`(r.tag = '' AND ${ofPipelines} OR ${own})`);
  }
  return sql.join(parts, sql` AND `);
}
