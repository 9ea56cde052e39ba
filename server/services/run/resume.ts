import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import type { RunView } from './run-view.ts';
import { steerRun } from './steer.ts';

const resumeSchema = z.strictObject({ id: idSchema('run') });

export async function resumeRun(
  services: Services,
  actor: Actor,
  input: z.input<typeof resumeSchema>,
): Promise<RunView> {
  authoriseAnywhere(actor, 'run.operate');
  const { id } = parseInput(resumeSchema, input);
  return steerRun(services, actor, { id, happening: { type: 'resume' }, action: 'run.resumed' });
}
