import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import type { RunView } from './run-view.ts';
import { steerRun } from './steer.ts';

const pauseSchema = z.strictObject({ id: idSchema('run') });

/** What runs goes on to its end; nothing new starts. */
export async function pauseRun(
  services: Services,
  actor: Actor,
  input: z.input<typeof pauseSchema>,
): Promise<RunView> {
  authoriseAnywhere(actor, 'run.operate');
  const { id } = parseInput(pauseSchema, input);
  return steerRun(services, actor, { id, happening: { type: 'pause' }, action: 'run.paused' });
}
