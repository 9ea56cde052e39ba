import { inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { bulks, runs } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { invalid } from '#server/domain/errors.ts';
import { type BulkId, idSchema, makeId, toUuid } from '#server/domain/ids.ts';
import {
  isRunActive,
  isRunOver,
  isRunPaused,
  RUN_STATUSES,
  type RunStatus,
} from '#server/domain/statuses.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import { toSnapshot } from '#server/identity/actor-snapshot.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, makeOnce } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';
import { findRuns, loadSummaries } from '../run/find-runs.ts';
import { resolveFilter, runFilterFields } from '../run/run-filter.ts';
import type { RunSummary } from '../run/run-view.ts';
import { BULK_ACTIONS, type BulkAction, type BulkView, loadBulk } from './bulk-view.ts';

const MAX_IDS = 10_000;
export const MAX_ITEMS = 100_000;
const SAMPLE = 20;

const bulkFields = {
  action: z.enum(BULK_ACTIONS),
  /** Either runs that are looked for … */
  filter: z.strictObject(runFilterFields).optional(),
  /** … or these. */
  ids: z.array(idSchema('run')).min(1).max(MAX_IDS).optional(),
  /** Of a replay: the stage to begin with, or the one that broke, and which version to run. */
  from: z.string().min(1).max(63).optional(),
  fromFailure: z.boolean().optional(),
  version: z.enum(['original', 'newest']).optional(),
  /** Of a cancellation. */
  graceSeconds: z.number().min(0).max(3600).optional(),
};
const previewSchema = z.strictObject(bulkFields);
const createSchema = z.strictObject({ ...bulkFields, idempotencyKey: idempotencyKeySchema.optional() });
type Asked = z.output<typeof previewSchema>;

export interface BulkPreview {
  action: BulkAction;
  count: number;
  sample: RunSummary[];
}

/** Which runs a bulk would be about; nothing is done. */
export async function previewBulk(
  services: Services,
  actor: Actor,
  input: z.input<typeof previewSchema>,
): Promise<BulkPreview> {
  mayAsk(actor);
  const asked = parseInput(previewSchema, input);
  const ids = await selectRuns(services, actor, asked);
  const summaries = await loadSummaries(services, actor, ids.slice(0, SAMPLE));
  const sample = ids.slice(0, SAMPLE).flatMap((id) => summaries.get(id) ?? []);
  return { action: asked.action, count: ids.length, sample };
}

/** Chooses the runs now; a coordinator works on them in its own time. */
export async function createBulk(
  services: Services,
  actor: Actor,
  input: z.input<typeof createSchema>,
): Promise<{ bulk: BulkView; isNew: boolean }> {
  mayAsk(actor);
  const { idempotencyKey: key, ...asked } = parseInput(createSchema, input);
  const ids = await selectRuns(services, actor, asked);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const make = async () => {
      const id = makeId('bulk', services.newUuid());
      await insertBulk(tx, actor, { id, asked, ids });
      const after = { action: asked.action, runs: ids.length };
      await noteIn(tx, auditNote(actor, 'bulk.created', { target: id, after }));
      return { id, isNew: true };
    };
    const { id, isNew } = await makeOnce(tx, actor, { key, request: { bulk: asked }, make });
    return { bulk: await loadBulk(tx, id), isNew };
  });
}

/** Whether each run may be touched is asked when its turn comes. */
function mayAsk(actor: Actor): void {
  authorise(actor, 'run.read');
  authoriseAnywhere(actor, 'run.operate');
}

async function selectRuns(services: Services, actor: Actor, asked: Asked): Promise<string[]> {
  const { action, filter, ids } = asked;
  if ((filter === undefined) === (ids === undefined)) {
    throw invalid('Which runs it is about is not said.', undefined, 'Give a filter, or a list of ids.');
  }
  if (ids !== undefined) return checkIds(services, actor, [...new Set(ids.map(toUuid))]);
  if (Object.values(filter ?? {}).every((value) => value === undefined)) {
    throw invalid('The filter is empty.', undefined, 'Say which runs are meant, by a status for instance.');
  }
  const where = await inTenant(services.db, actor.orgId, (tx) =>
    resolveFilter(tx, actor, { status: STATUSES_FOR[action], ...filter }),
  );
  const query = { where, sort: 'created', order: 'desc', limit: MAX_ITEMS + 1 } as const;
  const found = await findRuns(services, query);
  if (found.length <= MAX_ITEMS) return found.map(({ id }) => id);
  throw invalid(
    `More than ${MAX_ITEMS} runs fit.`,
    undefined,
    'Narrow the filter, by a range of time for instance.',
  );
}

const statuses = (is: (status: RunStatus) => boolean): RunStatus[] => RUN_STATUSES.filter(is);

/** What an action can be done to, where the filter says nothing of the status. */
const STATUSES_FOR: Record<BulkAction, RunStatus[]> = {
  cancel: statuses((status) => !isRunOver(status)),
  retry: statuses((status) => !isRunOver(status)),
  pause: statuses(isRunActive),
  resume: statuses(isRunPaused),
  replay: statuses(isRunOver),
};

async function checkIds(services: Services, actor: Actor, uuids: readonly string[]): Promise<string[]> {
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({ id: runs.id })
      .from(runs)
      .where(inArray(runs.id, [...uuids])),
  );
  const known = new Set(rows.map(({ id }) => toUuid(id).replaceAll('-', '')));
  const missing = uuids.filter((uuid) => !known.has(uuid));
  if (missing.length === 0) return [...uuids];
  throw invalid(
    `${missing.length} of the runs do not exist.`,
    { missing: missing.slice(0, 20).map((uuid) => makeId('run', uuid)) },
    'Leave them out.',
  );
}

async function insertBulk(
  tx: TenantTransaction,
  actor: Actor,
  { id, asked, ids }: { id: BulkId; asked: Asked; ids: readonly string[] },
): Promise<void> {
  const orgId = toUuid(actor.orgId);
  await tx.insert(bulks).values({
    id: toUuid(id),
    orgId,
    action: asked.action,
    request: JSON.parse(JSON.stringify(asked)),
    actor: toSnapshot(actor),
    status: 'open',
    total: ids.length,
  });
  await tx.execute(sql`INSERT INTO bulk_items (bulk_id, position, org_id, run_id)
    SELECT ${toUuid(id)}::text::uuid, place, ${orgId}::text::uuid, run::uuid
    FROM json_array_elements_text(${JSON.stringify(ids)}::text::json) WITH ORDINALITY AS chosen (run, place)`);
}
