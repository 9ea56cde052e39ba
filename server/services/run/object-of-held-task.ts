import { and, eq, inArray, like, sql } from 'drizzle-orm';
import { agents, tasks } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import { fromUuid, type RunId, toUuid, type VersionId } from '#server/domain/ids.ts';
import { isTaskHeld } from '#server/domain/statuses.ts';
import { loadRunRow } from './run-view.ts';

interface Wanted {
  runId: RunId;
  hash: string;
  /** Name of the agent that asks. */
  agent: string;
  graphOf(versionId: VersionId): Promise<CompiledGraph>;
}

/**
 * Whether the agent holds a task of the run into which the object may have gone: it stands in the run's input or
 * parameters, or in the output of a task that comes before. What the agent is not working on it cannot read.
 */
export async function isObjectOfHeldTask(tx: TenantTransaction, wanted: Wanted): Promise<boolean> {
  const held = await loadHeld(tx, wanted);
  if (held.length === 0) return false;
  const run = await loadRunRow(tx, wanted.runId);
  if (JSON.stringify([run.input, run.parameters]).includes(`"${wanted.hash}"`)) return true;
  const before = ancestorsOf(await wanted.graphOf(fromUuid('ver', run.versionId)), held);
  if (before.length === 0) return false;
  const [found] = await tx
    .select({ index: tasks.index })
    .from(tasks)
    .where(
      and(
        eq(tasks.runId, toUuid(wanted.runId)),
        inArray(tasks.index, before),
        like(sql`${tasks.output}::text`, `%"${wanted.hash}"%`),
      ),
    )
    .limit(1);
  return found !== undefined;
}

/** Places of the tasks that the agent, in any of its processes, works on now. */
async function loadHeld(tx: TenantTransaction, { runId, agent }: Wanted): Promise<number[]> {
  const rows = await tx
    .select({ index: tasks.index, status: tasks.status })
    .from(tasks)
    .innerJoin(agents, eq(agents.id, tasks.agentId))
    .where(and(eq(tasks.runId, toUuid(runId)), eq(agents.name, agent)));
  return rows.filter(({ status }) => isTaskHeld(status)).map(({ index }) => index);
}

function ancestorsOf(graph: CompiledGraph, indices: readonly number[]): number[] {
  const found = new Set<number>();
  const open = [...indices];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    for (const { from } of graph.incoming[index] ?? []) {
      if (found.has(from)) continue;
      found.add(from);
      open.push(from);
    }
  }
  return [...found];
}
