import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { fromUuid, idSchema } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { loadGraphById } from '../pipeline/pipeline-view.ts';
import { loadRunRow } from './run-view.ts';

const graphSchema = z.strictObject({ id: idSchema('run') });

/** What the run is a run of. It tells what stages are configured with, so whoever asks may read pipelines too. */
export async function readRunGraph(
  services: Services,
  actor: Actor,
  input: z.input<typeof graphSchema>,
): Promise<{ number: number | null; graph: JsonObject }> {
  authorise(actor, 'run.read');
  authorise(actor, 'pipeline.read');
  const { id } = parseInput(graphSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const run = await loadRunRow(tx, id);
    return loadGraphById(tx, fromUuid('ver', run.versionId));
  });
}
