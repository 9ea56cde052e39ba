import { asc, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { runs, tasks } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { fromUuid, idSchema } from '#server/domain/ids.ts';
import { isRunOver, RUN_STATUSES } from '#server/domain/statuses.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { orderField, type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { findPage } from '../run/find-runs.ts';
import { redactRun } from '../run/redact.ts';
import { resolveFilterAlone, runFilterFields } from '../run/run-filter.ts';
import { type RunView, type TaskView, toRunView } from '../run/run-view.ts';

const { createdAfter, createdBefore } = runFilterFields;
const listSchema = z.strictObject({
  ...pageFields,
  ...{ createdAfter, createdBefore },
  /** Left out: both. */
  over: z.boolean().optional(),
  /** The one that was named when it was submitted. */
  pipelineId: idSchema('pipe').optional(),
  agentId: idSchema('agent').optional(),
  order: orderField.default('desc'),
});

export interface TaskListItem extends TaskView {
  run: RunView;
}

/** A task on its own is a run of one stage that was begun so. */
const TRIGGER = 'task';

/** Tasks that were submitted on their own, the newest first unless asked otherwise. */
export async function listTasks(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<TaskListItem>> {
  authorise(actor, 'run.read');
  const { limit, cursor, over, pipelineId, order, ...rest } = parseInput(listSchema, input);
  const list = `tasks ${order}`;
  const after = cursor === undefined ? undefined : services.cursors.open(list, cursor);
  const filter = {
    ...rest,
    trigger: TRIGGER,
    metadata: pipelineId === undefined ? undefined : `pipeline_id=${pipelineId}`,
    status: over === undefined ? undefined : RUN_STATUSES.filter((status) => isRunOver(status) === over),
  };
  const where = await resolveFilterAlone(services, actor, filter);
  const query = {
    where,
    sort: 'created',
    order,
    limit: limit + 1,
    ...(after ? { after } : {}),
  } as const;
  const page = await findPage(services, query);
  const views = await inTenant(services.db, actor.orgId, (tx) =>
    loadViews(
      tx,
      services,
      page.found.slice(0, limit).map(({ id }) => id),
    ),
  );
  return toPage(
    page.found,
    { limit, cursors: services.cursors, list, rest: page.rest },
    {
      placeOf: ({ id }) => [id],
      toItems: ({ id }) => {
        const view = views.get(id);
        if (!view) return [];
        const run = redactRun(actor, view);
        return run.tasks.slice(0, 1).map((task) => ({ ...task, run }));
      },
    },
  );
}

async function loadViews(
  tx: TenantTransaction,
  services: Services,
  ids: readonly string[],
): Promise<Map<string, RunView>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select()
    .from(runs)
    .where(inArray(runs.id, [...ids]));
  const taskRows = await tx
    .select()
    .from(tasks)
    .where(inArray(tasks.runId, [...ids]))
    .orderBy(asc(tasks.index));
  const byRun = Map.groupBy(taskRows, ({ runId }) => runId);
  const views = rows.map(async (row) => {
    const graph = await services.graphOf(fromUuid('ver', row.versionId));
    return [row.id, toRunView(row, byRun.get(row.id) ?? [], graph)] as const;
  });
  return new Map(await Promise.all(views));
}
