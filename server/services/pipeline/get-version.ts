import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { idSchema } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { loadVersion, type VersionView } from './pipeline-view.ts';

const getSchema = z.strictObject({ id: idSchema('pipe'), number: z.int().min(1) });

export async function getVersion(
  services: Services,
  actor: Actor,
  input: z.input<typeof getSchema>,
): Promise<VersionView & { graph: JsonObject }> {
  authorise(actor, 'pipeline.read');
  const { id, number } = parseInput(getSchema, input);
  return inTenant(services.db, actor.orgId, (tx) => loadVersion(tx, id, number));
}
