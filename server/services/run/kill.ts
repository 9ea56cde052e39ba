import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import type { RunView } from './run-view.ts';
import { steerRun } from './steer.ts';

const killSchema = z.strictObject({ id: idSchema('run') });

/** Ends at once; agents hear of it afterwards. */
export async function killRun(
  services: Services,
  actor: Actor,
  input: z.input<typeof killSchema>,
): Promise<RunView> {
  authoriseAnywhere(actor, 'run.operate');
  const { id } = parseInput(killSchema, input);
  return steerRun(services, actor, { id, happening: { type: 'cancel', graceMs: 0 }, action: 'run.killed' });
}
