import type { Actor } from './actor.ts';
import type { LocalOwner } from './local-owner.ts';

/** What a connection shows: a token in its first message, or the session cookie that its browser sent. */
export interface SocketCredentials {
  token?: string | undefined;
  session?: string | undefined;
}

export interface SocketSignIn {
  actor: Actor;
  /** When it has to be asked again; null when the credentials know no end. */
  expiresAt: number | null;
}

/** Null: nobody comes in with that. Asked again when it expires and when sessions or rights have changed. */
export type AuthenticateSocket = (credentials: SocketCredentials) => Promise<SocketSignIn | null>;

export function createSocketSignIn(owner: LocalOwner): AuthenticateSocket {
  return async ({ token, session }) => {
    if (token !== undefined) return signedIn(owner.actorOfBearer(token), null);
    if (session === undefined) return null;
    return signedIn(owner.actorOfSession(session), owner.endOfSession(session));
  };
}

function signedIn(actor: Actor | undefined, expiresAt: number | null): SocketSignIn | null {
  return actor ? { actor, expiresAt } : null;
}
