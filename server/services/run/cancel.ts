import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import type { RunView } from './run-view.ts';
import { steerRun } from './steer.ts';

const cancelSchema = z.strictObject({
  id: idSchema('run'),
  graceSeconds: z.number().min(0).max(3600).default(30),
});

/** Agents are asked to stop, and cut off after the grace period. */
export async function cancelRun(
  services: Services,
  actor: Actor,
  input: z.input<typeof cancelSchema>,
): Promise<RunView> {
  authoriseAnywhere(actor, 'run.operate');
  const { id, graceSeconds } = parseInput(cancelSchema, input);
  return steerRun(services, actor, {
    id,
    happening: { type: 'cancel', graceMs: graceSeconds * 1000 },
    action: 'run.cancelled',
  });
}
