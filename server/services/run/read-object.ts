import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { runObjects } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { isObjectOfHeldTask } from './object-of-held-task.ts';
import { marksOf, readRun } from './run-view.ts';

const readSchema = z.strictObject({ id: idSchema('run'), hash: z.string().regex(/^[0-9a-f]{64}$/) });

export interface ObjectRead {
  hash: string;
  contentType: string;
  /** It holds what is marked sensitive: nobody keeps it. */
  isSensitive: boolean;
  /** Its content ends with an error when the bytes are not those of the hash. */
  open(): ReturnType<Services['payloads']['open']>;
}

/**
 * Objects have no owner of their own: who may read a run's payloads may read what the run refers to, and an agent what
 * goes into a task that it holds.
 */
export async function readRunObject(
  services: Services,
  actor: Actor,
  input: z.input<typeof readSchema>,
): Promise<ObjectRead> {
  authoriseAnywhere(actor, actor.agent === null ? 'run.payload' : 'agent.fetch');
  const { id, hash } = parseInput(readSchema, input);
  const row = await inTenant(services.db, actor.orgId, async (tx) => {
    const [object] = await tx
      .select()
      .from(runObjects)
      .where(and(eq(runObjects.runId, toUuid(id)), eq(runObjects.hash, hash)));
    if (!object || actor.agent === null) return object;
    const wanted = { runId: id, hash, agent: actor.agent, graphOf: services.graphOf };
    return (await isObjectOfHeldTask(tx, wanted)) ? object : undefined;
  });
  if (!row) throw notFound('object', `${hash} in ${id}`);
  const isSensitive = actor.agent === null && (await revealIfSensitive(services, actor, { id, hash }));
  return { hash, contentType: row.contentType, isSensitive, open: () => services.payloads.open(hash) };
}

/** What stands in the run as everybody is shown it is open; all else of a run with marks is told of by the audit. */
async function revealIfSensitive(
  services: Services,
  actor: Actor,
  { id, hash }: z.output<typeof readSchema>,
): Promise<boolean> {
  const run = await readRun(services, actor.orgId, id);
  const { isAny } = await marksOf(services, { versionId: toUuid(run.versionId) });
  if (!isAny) return false;
  const shown = [run.input, run.parameters, ...run.tasks.map(({ output }) => output)];
  if (JSON.stringify(shown).includes(`"${hash}"`)) return false;
  authorise(actor, 'run.sensitive', run);
  await services.record(actor, 'run.revealed', { target: id, after: { object: hash } });
  return true;
}
