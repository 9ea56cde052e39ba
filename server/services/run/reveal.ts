import { and, asc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { taskStageLogs } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import type { TaskError } from '#server/domain/engine/events.ts';
import { notFound } from '#server/domain/errors.ts';
import { fromUuid, idSchema, type RunId, type TaskId, taskId, toUuid } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import type { RunLogLine } from './logs.ts';
import { loadRunRow, loadTaskRows, pipelineIdOf } from './run-view.ts';
import type { Unshown } from './shown.ts';

const revealSchema = z.strictObject({
  id: idSchema('run'),
  /** A place in the pipeline; left out: what the run was given. */
  stage: z.int().min(0).optional(),
  /** For those who read the audit. */
  reason: z.string().trim().min(1).max(1000).optional(),
  /** Of its log. */
  limit: z.int().min(1).max(1000).default(200),
  cursor: pageFields.cursor,
  /** Of its attempts: those after this hand-out. */
  attemptsAfter: z.int().min(0).default(0),
});

const MAX_ATTEMPTS = 1000;

export interface RevealedTask {
  taskId: TaskId;
  key: string;
  output: Json | null;
  error: TaskError | null;
  /** Of each hand-out that another followed. */
  attempts: { epoch: number; error: TaskError | null }[];
  /** After which hand-out it goes on with them; null: these are all. */
  nextAttemptsAfter: number | null;
  logs: Unshown<RunLogLine>[];
  nextCursor: string | null;
}

export interface Revealed {
  /** Null where a stage was asked for. */
  given: { input: Json; parameters: JsonObject } | null;
  task: RevealedTask | null;
}

/**
 * What a run was given, or all that one of its stages made and said, with what is marked sensitive: the one way to read
 * that. Each time is an entry of the audit, and nothing is answered before that is written.
 */
export async function revealRun(
  services: Services,
  actor: Actor,
  input: z.input<typeof revealSchema>,
): Promise<Revealed> {
  authoriseAnywhere(actor, 'run.sensitive');
  const { id, stage, reason, attemptsAfter, ...page } = parseInput(revealSchema, input);
  const revealed = await inTenant(services.db, actor.orgId, async (tx): Promise<Revealed> => {
    const run = await loadRunRow(tx, id);
    const target = { pipelineId: pipelineIdOf(run) };
    authorise(actor, 'run.payload', target);
    authorise(actor, 'run.sensitive', target);
    if (stage === undefined) return { given: { input: run.input, parameters: run.parameters }, task: null };
    const { stages } = await services.graphOf(fromUuid('ver', run.versionId));
    const key = stages[stage]?.key;
    if (key === undefined) throw notFound('stage', `${stage} of ${id}`);
    const row = (await loadTaskRows(tx, id)).find(({ index }) => index === stage);
    return {
      given: null,
      task: {
        taskId: taskId(id, stage),
        key,
        output: row?.output ?? null,
        error: row?.error ?? null,
        ...(await loadErrors(tx, id, { stage, after: attemptsAfter })),
        ...(await loadLines(services, tx, { id, stage, ...page })),
      },
    };
  });
  await services.record(actor, 'run.revealed', {
    target: revealed.task?.taskId ?? id,
    after: { stage: revealed.task?.key ?? null },
    ...(reason === undefined ? {} : { reason }),
  });
  return revealed;
}

async function loadErrors(
  tx: TenantTransaction,
  id: RunId,
  { stage, after }: { stage: number; after: number },
): Promise<Pick<RevealedTask, 'attempts' | 'nextAttemptsAfter'>> {
  const rows = await tx.execute<{ epoch: number; error: TaskError | null }>(sql`
    SELECT epoch, error FROM task_attempts
    WHERE run_id = ${toUuid(id)}::text::uuid AND idx = ${stage}::int AND epoch > ${after}::int
      AND org_id = (SELECT current_org()) ORDER BY epoch LIMIT ${MAX_ATTEMPTS + 1}::int`);
  const attempts = [...rows].slice(0, MAX_ATTEMPTS).map(({ epoch, error }) => ({ epoch, error }));
  const nextAttemptsAfter = rows.length > MAX_ATTEMPTS ? (attempts.at(-1)?.epoch ?? null) : null;
  return { attempts, nextAttemptsAfter };
}

async function loadLines(
  services: Services,
  tx: TenantTransaction,
  { id, stage, limit, cursor }: { id: RunId; stage: number; limit: number; cursor?: string | undefined },
): Promise<Pick<RevealedTask, 'logs' | 'nextCursor'>> {
  const paging = { limit, cursors: services.cursors, list: `revealed log ${id} ${stage}` };
  const after = cursor === undefined ? undefined : services.cursors.open(paging.list, cursor).map(Number);
  const { runId, index, epoch, line } = taskStageLogs;
  const rows = await tx
    .select()
    .from(taskStageLogs)
    .where(
      and(
        eq(runId, toUuid(id)),
        eq(index, stage),
        after && sql`(${epoch}, ${line}) > (${after[0]}::int, ${after[1]}::int)`,
      ),
    )
    .orderBy(asc(epoch), asc(line))
    .limit(limit + 1);
  const { items: logs, nextCursor } = toPage(rows, paging, {
    placeOf: (row) => [String(row.epoch), String(row.line)],
    toItems: ({ runId: _run, orgId: _org, index: place, ...rest }) => ({
      ...rest,
      taskId: taskId(id, place),
      stage: place,
    }),
  });
  return { logs, nextCursor };
}
