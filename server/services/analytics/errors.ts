import { inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { errorGroups, versions } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { bucketsOf } from '#server/domain/analytics/buckets.ts';
import { RUN_SHAPE } from '#server/domain/analytics/ledger.ts';
import type { Stretch } from '#server/domain/analytics/levels.ts';
import { notFound } from '#server/domain/errors.ts';
import { fromUuid, type PipelineId, type VersionId } from '#server/domain/ids.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { redactError } from '../run/redact.ts';
import { pickRange } from './overview.ts';
import { readRollups, type Sum } from './read-rollups.ts';
import { limitField, readScope, type Scope, scopeFields } from './scope.ts';
import { namesOf } from './stages.ts';

export const ERROR_STATUSES = ['open', 'resolved', 'ignored'] as const;
export type ErrorStatus = (typeof ERROR_STATUSES)[number];

const TREND_BUCKETS = 40;
const errorsSchema = z.strictObject({
  ...scopeFields,
  status: z.array(z.enum(ERROR_STATUSES)).optional(),
  id: z.string().optional(),
  limit: limitField,
});

export interface ErrorGroupView {
  /** The `error_group` of runs. */
  id: string;
  class: string;
  code: string;
  message: string;
  /** What the stage that failed asked for; null: no stage's. */
  capability: string | null;
  status: ErrorStatus;
  /** It was resolved and has come again since. */
  isBack: boolean;
  decidedAt: Date | null;
  decidedBy: string | null;
  note: string;
  firstSeen: Date;
  lastSeen: Date;
  /** Runs that failed with it. */
  runs: number;
  runsBefore: number;
  trend: (Stretch & { runs: number })[];
  /** Where, most often first. */
  places: {
    pipelineId: PipelineId | null;
    pipelineName: string | null;
    versionId: VersionId;
    version: number | null;
    runs: number;
  }[];
}

export interface ErrorsView extends Pick<Scope, 'range' | 'previous' | 'timeZone' | 'countedUntil'> {
  groups: ErrorGroupView[];
  /** With those that are beyond the limit. */
  total: number;
}

/** How long runs took is not asked, so it is not read. */
const FAILURES = { ...RUN_SHAPE, histograms: [] } as const;
type GroupSum = Sum<typeof FAILURES, 'error_group' | 'pipeline_id' | 'version_id'>;
type GroupRow = typeof errorGroups.$inferSelect;

/** Kinds of failures that came up in the stretch of time, most frequent first. */
export async function listErrors(
  services: Services,
  actor: Actor,
  input: z.input<typeof errorsSchema>,
): Promise<ErrorsView> {
  authorise(actor, 'run.read');
  const { status, id, limit, ...wanted } = parseInput(errorsSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const scope = await readScope(tx, actor, { input: wanted, now: services.now() });
    const { stretches } = bucketsOf(scope.range, scope.timeZone, TREND_BUCKETS);
    const isWanted = id === undefined ? sql`r.error_group <> ''` : sql`r.error_group = ${id}`;
    const sums: GroupSum[] = await readRollups(tx, {
      ...{ shape: FAILURES, where: sql`${scope.ofRuns} AND ${isWanted}`, sealed: scope.sealed },
      stretches: [scope.previous, ...stretches],
      by: ['error_group', 'pipeline_id', 'version_id'],
    });
    const failed = sums.filter(({ counts }) => counts.failed > 0);
    const byGroup = Map.groupBy(failed, ({ of }) => of.error_group ?? '');
    const rows = (await loadGroups(tx, id === undefined ? [...byGroup.keys()] : [id])).filter(
      (row) => status?.includes(statusOf(row)) ?? true,
    );
    const words = await readWords(tx, failed);
    const groups = rows
      .map((row) => toView(actor, row, { sums: byGroup.get(row.id) ?? [], stretches, words }))
      .filter(({ runs }) => runs > 0 || id !== undefined)
      .sort((a, b) => b.runs - a.runs || b.lastSeen.getTime() - a.lastSeen.getTime());
    return { ...pickRange(scope), groups: groups.slice(0, limit), total: groups.length };
  });
}

const oneError = z.string().regex(/^[0-9a-f]{16}$/, 'must be the error_group of a run');
const errorSchema = z.strictObject({ ...scopeFields, id: oneError });

export async function readError(
  services: Services,
  actor: Actor,
  input: z.input<typeof errorSchema>,
): Promise<ErrorsView & { group: ErrorGroupView }> {
  const view = await listErrors(services, actor, parseInput(errorSchema, input));
  const [group] = view.groups;
  if (!group) throw notFound('error group', input.id);
  return { ...view, group };
}

export async function loadGroups(tx: TenantTransaction, ids: readonly string[]): Promise<GroupRow[]> {
  if (ids.length === 0) return [];
  return tx
    .select()
    .from(errorGroups)
    .where(inArray(errorGroups.id, [...ids]));
}

// status-words: of a group of errors, not of a run.
const isBack = (row: GroupRow): boolean =>
  row.status === 'resolved' && row.decidedAt !== null && row.lastSeen > row.decidedAt;
const statusOf = (row: GroupRow): ErrorStatus => (isBack(row) ? 'open' : row.status);

const countRuns = (sums: readonly GroupSum[]): number =>
  sums.reduce((runs, { counts }) => runs + counts.failed, 0);

interface Words {
  pipelines: ReadonlyMap<string, string>;
  versions: ReadonlyMap<string, number>;
}

async function readWords(tx: TenantTransaction, sums: readonly GroupSum[]): Promise<Words> {
  const ids = [...new Set(sums.flatMap(({ of }) => of.version_id ?? []))];
  const numbers =
    ids.length === 0
      ? []
      : await tx
          .select({ id: versions.id, number: versions.number })
          .from(versions)
          .where(inArray(versions.id, ids));
  return {
    pipelines: await namesOf(
      tx,
      sums.flatMap(({ of }) => of.pipeline_id ?? []),
    ),
    versions: new Map(numbers.map(({ id, number }) => [id.replaceAll('-', ''), number])),
  };
}

function toView(
  actor: Actor,
  row: GroupRow,
  { sums, stretches, words }: { sums: readonly GroupSum[]; stretches: readonly Stretch[]; words: Words },
): ErrorGroupView {
  const { message } = may(actor, 'run.payload') ? row : (redactError({ ...row, class: 'agent' }) ?? row);
  const now = sums.filter(({ place }) => place > 0);
  const at = Map.groupBy(now, ({ place }) => place);
  const where = Map.groupBy(now, ({ of }) => of.version_id ?? '');
  return {
    ...{ id: row.id, class: row.class, code: row.code, message, capability: row.capability },
    ...{ status: statusOf(row), isBack: isBack(row), note: row.note },
    ...{ decidedAt: row.decidedAt, decidedBy: row.decidedBy },
    ...{ firstSeen: row.firstSeen, lastSeen: row.lastSeen },
    runs: countRuns(now),
    runsBefore: countRuns(sums.filter(({ place }) => place === 0)),
    trend: stretches.map((stretch, index) => ({ ...stretch, runs: countRuns(at.get(index + 1) ?? []) })),
    places: [...where]
      .map(([version, found]) => {
        const pipeline = found[0]?.of.pipeline_id ?? null;
        return {
          pipelineId: pipeline === null ? null : fromUuid('pipe', pipeline),
          pipelineName: words.pipelines.get(pipeline ?? '') ?? null,
          versionId: fromUuid('ver', version),
          version: pipeline === null ? null : (words.versions.get(version) ?? null),
          runs: countRuns(found),
        };
      })
      .sort((a, b) => b.runs - a.runs),
  };
}
