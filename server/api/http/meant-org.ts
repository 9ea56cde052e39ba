import type { IncomingHttpHeaders } from 'node:http';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Operation } from '../operations/operation.ts';

/** The pages say for which organisation they were drawn. */
export const MEANT_ORG_HEADER = 'signalbox-org';

export function meantOrgOf(headers: IncomingHttpHeaders): string | undefined {
  const value = headers[MEANT_ORG_HEADER];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * A session goes over to another organisation in all tabs at once. A tab that still shows the one before must not
 * change anything in the new one, nor mix what it shows. What is about the person is the same in each.
 */
export function refuseOtherOrg(
  { by }: Pick<Operation, 'by'>,
  { actor, meantOrg }: { actor: Actor; meantOrg: string | undefined },
): void {
  if (by !== undefined || meantOrg === undefined || meantOrg === actor.orgId) return;
  throw new SignalboxError('OTHER_ORG', 'Your session is in another organisation by now.', {
    advice: 'Go back to the one that this page shows, or load the page anew.',
  });
}
