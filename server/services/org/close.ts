import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { DEFAULT_ORG_ID, idSchema } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { actorIn } from './actor-in.ts';

const closeSchema = z.strictObject({ id: idSchema('org') });

/**
 * Ends what leads into an organisation, in one commit: memberships with their sessions, keys, tokens and invitations.
 * Nobody would be left to look after a run, so none may go on.
 */
export async function closeOrg(
  services: Services,
  actor: Actor,
  input: z.input<typeof closeSchema>,
): Promise<void> {
  const { id } = parseInput(closeSchema, input);
  const owner = await actorIn(services, actor, id);
  authorise(owner, 'org.manage');
  if (id === DEFAULT_ORG_ID) {
    throw new SignalboxError('CONFLICT', 'The organisation that was there first stays.', {
      advice: 'Its owners look after the whole installation. Rename it if it is not what you want.',
    });
  }
  const closing = await services.identity.orgs.close(owner);
  if (closing.outcome === 'busy') {
    throw new SignalboxError('CONFLICT', `Runs of it still go on: ${closing.runs}.`, {
      advice: 'Wait for them, or cancel them first.',
    });
  }
  for (const subject of closing.subjects) await services.identity.access.changed(subject);
}
