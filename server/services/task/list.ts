import { and, asc, eq, getTableColumns, inArray, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { runs, tasks } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { invalid, type SignalboxError } from '#server/domain/errors.ts';
import { fromUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { orderField, type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { redactRun } from '../run/redact.ts';
import { type RunView, type TaskView, toPartOfRun } from '../run/run-view.ts';
import { type FoundTask, type FoundTasks, findByRun, findInRun } from './find-tasks.ts';
import { searchOf, type TaskFilter, taskFilterFields } from './task-filter.ts';

export const TASK_SORTS = ['created', 'started', 'finished', 'duration'] as const;
type TaskSort = (typeof TASK_SORTS)[number];

const listSchema = z.strictObject({
  ...pageFields,
  ...taskFilterFields,
  /** By anything but its creation: only what has come so far. */
  sort: z.enum(TASK_SORTS).default('created'),
  order: orderField.default('desc'),
});

export interface TaskListItem extends TaskView {
  run: RunView;
}

/** Tasks that were submitted on their own, or those of runs: the newest first unless asked otherwise. */
export async function listTasks(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<TaskListItem>> {
  authorise(actor, 'run.read');
  const { limit, cursor, sort, order, ...filter } = parseInput(listSchema, input);
  const list = `tasks ${listOf(filter)} ${sort} ${order}`;
  const after = cursor === undefined ? undefined : services.cursors.open(list, cursor);
  const { found, rest } = await find(services, actor, {
    ...{ filter, sort },
    page: { order, after, limit: limit + 1 },
  });
  const views = await inTenant(services.db, actor.orgId, (tx) =>
    loadViews(tx, services, found.slice(0, limit)),
  );
  return toPage(
    found,
    { limit, cursors: services.cursors, list, rest },
    {
      placeOf: ({ place }) => place,
      toItems({ id, index }) {
        const view = views.get(id);
        if (!view) return [];
        const run = redactRun(actor, view);
        return run.tasks.filter((task) => task.index === index).map((task) => ({ ...task, run }));
      },
    },
  );
}

/** Of one run they are in another order than of many. */
const listOf = ({ runId, standalone }: TaskFilter): string =>
  runId ?? (standalone === false ? 'all' : 'some');

interface Asked {
  filter: TaskFilter;
  sort: TaskSort;
  page: { order: 'asc' | 'desc'; after: readonly string[] | undefined; limit: number };
}

async function find(services: Services, actor: Actor, { filter, sort, page }: Asked): Promise<FoundTasks> {
  const search = searchOf(filter);
  if (sort === 'created') return findByRun(services, actor, { search, sort, ...page });
  if (filter.runId !== undefined) return findInRun(services, actor, { search, sort, ...page });
  if (!search.isStandalone || sort === 'started') throw unsorted(sort);
  return findByRun(services, actor, { search, sort, ...page });
}

function unsorted(sort: TaskSort): SignalboxError {
  return invalid(
    `Tasks of many runs are not kept in the order of sort=${sort}.`,
    undefined,
    'Name a run_id, sort by created, or list tasks that stand alone, which are sorted by finished and duration too.',
  );
}

/** Their runs with these tasks and no others. */
async function loadViews(
  tx: TenantTransaction,
  services: Services,
  found: readonly FoundTask[],
): Promise<Map<string, RunView>> {
  if (found.length === 0) return new Map();
  const byRun = Map.groupBy(found, ({ id }) => id);
  const ids = [...byRun.keys()];
  const isOneOfThese = [...byRun].map(([id, ofRun]) =>
    and(
      eq(tasks.runId, id),
      inArray(
        tasks.index,
        ofRun.map(({ index }) => index),
      ),
    ),
  );
  const [rows, taskRows] = await Promise.all([
    // What went into a run is shown by the run.
    tx
      .select({ ...getTableColumns(runs), input: sql<null>`NULL` })
      .from(runs)
      .where(inArray(runs.id, ids)),
    tx
      .select()
      .from(tasks)
      .where(or(...isOneOfThese))
      .orderBy(asc(tasks.index)),
  ]);
  const tasksOf = Map.groupBy(taskRows, ({ runId }) => runId);
  const views = rows.map(async (row) => {
    const graph = await services.graphOf(fromUuid('ver', row.versionId));
    return [row.id, toPartOfRun(row, tasksOf.get(row.id) ?? [], graph)] as const;
  });
  return new Map(await Promise.all(views));
}
