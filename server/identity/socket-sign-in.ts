import type { Actor } from './actor.ts';
import type { Credentials, Identity } from './identity.ts';

export interface SocketSignIn {
  actor: Actor;
  /** When it has to be asked again; null when the credentials know no end. */
  askAgainAt: number | null;
}

/** Null: nobody comes in with that. Asked again at the time it says and when sessions or rights have changed. */
export type AuthenticateSocket = (given: Credentials) => Promise<SocketSignIn | null>;

/** Time ends sessions and keys without anybody saying so. */
const LOOK_MS = 15_000;

export function createSocketSignIn(
  identity: () => Pick<Identity, 'authenticate'> | undefined,
  now: () => number,
): AuthenticateSocket {
  return async (given) => {
    const actor = await identity()?.authenticate(given);
    return actor ? { actor, askAgainAt: now() + LOOK_MS } : null;
  };
}
