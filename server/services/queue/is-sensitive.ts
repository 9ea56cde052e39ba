import { eq } from 'drizzle-orm';
import { versions } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import type { RunId } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { marksOfRuns } from '../run/marks-of-runs.ts';

const NAMED = /(?:run_[0-9a-f]{32}|task_[0-9a-f]{32}_\d{1,9})/g;
/** A message has fifty tasks at most. */
const MAX_NAMED = 200;

/**
 * Whether a dead message may hold what is marked sensitive. It is read for the tasks that it names, as text: nobody could
 * make sense of it otherwise. One that names none, or one that is gone, may be of any stage, so where the organisation
 * has marked anything at all it counts as sensitive.
 */
export async function mayBeSensitive(services: Services, actor: Actor, body: Uint8Array): Promise<boolean> {
  return inTenant(services.db, actor.orgId, async (tx) => {
    const [marked] = await tx
      .select({ id: versions.id })
      .from(versions)
      .where(eq(versions.hasMarks, true))
      .limit(1);
    if (!marked) return false;
    const named = new Set(Buffer.from(body).toString('latin1').match(NAMED));
    if (named.size === 0 || named.size > MAX_NAMED) return true;
    const tasks = [...named].map(toPlace);
    const runs = await marksOfRuns(
      tx,
      services,
      tasks.map(({ runId }) => runId),
    );
    return tasks.some(({ runId, index }) => {
      const marks = runs.get(runId)?.marks;
      if (!marks) return true;
      return index === null ? marks.isAny : marks.stages[index]?.isQuiet !== false;
    });
  });
}

function toPlace(id: string): { runId: RunId; index: number | null } {
  const [, run, index] = id.split('_');
  return { runId: `run_${run}` as RunId, index: index === undefined ? null : Number(index) };
}
