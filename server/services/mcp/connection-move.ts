import { invalid, SignalboxError } from '#server/domain/errors.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { type ConnectionRow, isOwn } from './connection-view.ts';

/**
 * Credentials are for the server that they were given for. Nobody reads one again, so nobody may have them sent elsewhere
 * either, where whoever chose the address could read them: not even whoever may change the address.
 */
export function checkMove(
  actor: Actor,
  before: ConnectionRow,
  { url, isSealedAnew, signIn }: { url: string | undefined; isSealedAnew: boolean; signIn: unknown },
): void {
  if (url === undefined || url === before.url) return;
  if (before.ownerId !== null && !isOwn(actor, before.ownerId)) throw notYoursToMove();
  // Whoever named the secrets may have lost the right since, and another path of a server may show what it was sent.
  if (before.secretNames.length > 0 && !isSealedAnew) authorise(actor, 'secret.manage');
  if (before.url !== null && new URL(url).origin === new URL(before.url).origin) return;
  const isClientKept = signIn === undefined && before.signIn?.clientId !== undefined;
  if (before.sealedNames.length > 0 && !isSealedAnew)
    throw staysBehind('Its credentials', '`headers` or `credentials`');
  if (isClientKept) throw staysBehind('Its client for signing in', '`sign_in`');
}

function staysBehind(what: string, fields: string): SignalboxError {
  return invalid(
    `${what} may go to the server of before alone, and the new URL is of another.`,
    undefined,
    `Send ${fields} together with \`url\`: those for the new server, or empty if it needs none.`,
  );
}

function notYoursToMove(): SignalboxError {
  return new SignalboxError(
    'FORBIDDEN',
    'The connection is somebody else’s own: only they say where it leads.',
    {
      advice: 'Switch it off or delete it, and connect the other server for everybody.',
    },
  );
}
