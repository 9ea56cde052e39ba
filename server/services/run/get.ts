import { z } from 'zod';
import { readTenant } from '#db/tenant.ts';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { redactRun } from './redact.ts';
import { type RunView, viewRun } from './run-view.ts';

const getSchema = z.strictObject({ id: idSchema('run') });

export async function getRun(
  services: Services,
  actor: Actor,
  input: z.input<typeof getSchema>,
): Promise<RunView> {
  authorise(actor, 'run.read');
  const { id } = parseInput(getSchema, input);
  const run = await readTenant(services.db, actor.orgId, (tx) => viewRun(tx, id, services.graphOf));
  return redactRun(actor, run);
}
