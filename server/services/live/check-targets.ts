import { inArray } from 'drizzle-orm';
import { agents, pipelines, runs } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import type { LiveTarget } from '#server/domain/live.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';

const TABLES = { run: runs, pipeline: pipelines, agent: agents } as const;

/** Throws NOT_FOUND if one of them is not there or is another tenant's, which are the same to the caller. */
export async function checkTargets(
  services: Pick<Services, 'db'>,
  actor: Actor,
  targets: readonly LiveTarget[],
): Promise<void> {
  const named = {
    run: targets.flatMap((target) => ('run_id' in target ? [target.run_id] : [])),
    pipeline: targets.flatMap((target) => ('pipeline_id' in target ? [target.pipeline_id] : [])),
    agent: targets.flatMap((target) => ('agent_id' in target ? [target.agent_id] : [])),
  };
  if (Object.values(named).every((ids) => ids.length === 0)) return;
  await inTenant(services.db, actor.orgId, async (tx) => {
    for (const what of ['run', 'pipeline', 'agent'] as const) {
      const ids: readonly string[] = named[what];
      if (ids.length === 0) continue;
      const table = TABLES[what];
      const rows = await tx
        .select({ id: table.id })
        .from(table)
        .where(inArray(table.id, ids.map(toUuid)));
      const found = new Set(rows.map(({ id }) => id.replaceAll('-', '')));
      const missing = ids.find((id) => !found.has(toUuid(id)));
      if (missing !== undefined) throw notFound(what, missing);
    }
  });
}
