import { and, desc, eq, inArray, lt } from 'drizzle-orm';
import { z } from 'zod';
import { runs } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { fromUuid, idSchema, toUuid } from '#server/domain/ids.ts';
import { RUN_STATUSES } from '#server/domain/statuses.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { redactSummary } from './redact.ts';
import { type RunSummary, toSummary } from './run-view.ts';

const listSchema = z.strictObject({
  ...pageFields,
  cursor: idSchema('run').optional(),
  pipelineId: idSchema('pipe').optional(),
  status: z.array(z.enum(RUN_STATUSES)).max(RUN_STATUSES.length).optional(),
});

/** Newest first. */
export async function listRuns(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<RunSummary>> {
  authorise(actor, 'run.read');
  const { limit, cursor, pipelineId, status } = parseInput(listSchema, input);
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(runs)
      .where(
        and(
          eq(runs.orgId, toUuid(actor.orgId)),
          cursor ? lt(runs.id, toUuid(cursor)) : undefined,
          pipelineId ? eq(runs.pipelineId, toUuid(pipelineId)) : undefined,
          status && status.length > 0 ? inArray(runs.status, status) : undefined,
        ),
      )
      .orderBy(desc(runs.id))
      .limit(limit + 1),
  );
  return toPage(rows, limit, {
    idOf: (row) => fromUuid('run', row.id),
    toItem: (row) => redactSummary(actor, toSummary(row)),
  });
}
