import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { redactRun } from './redact.ts';
import { type RunView, readRun, readRunShape } from './run-view.ts';

const getSchema = z.strictObject({
  id: idSchema('run'),
  /** Without what went in and came out. */
  brief: z.boolean().default(false),
});

export async function getRun(
  services: Services,
  actor: Actor,
  input: z.input<typeof getSchema>,
): Promise<RunView> {
  authorise(actor, 'run.read');
  const { id, brief } = parseInput(getSchema, input);
  const read = brief ? readRunShape : readRun;
  return redactRun(actor, await read(services, actor.orgId, id));
}
