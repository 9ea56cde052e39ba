import type { Actor } from '#server/identity/actor.ts';
import type { Credentials, Identity } from '#server/identity/identity.ts';
import { withdrawal } from '#server/identity/withdrawn.ts';

/** Somebody who is being served. */
export interface Served {
  actor: Actor;
  given: Credentials;
  /** Their rights are other than when they were let in: they shall ask anew. */
  end(why: Error): void;
}

/** Ends what goes on for long when the rights that it began with are gone: streams, and waiting for work. */
export interface AccessWatch {
  /** Returns how to say that it is over. */
  hold(identity: Identity, served: Served): () => void;
}

/** Time ends sessions and keys without anybody saying so. */
const LOOK_MS = 15_000;

export function createAccessWatch(): AccessWatch {
  const all = new Set<Served>();
  let watched: Identity | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function lookAgain(identity: Identity, served: Served): Promise<void> {
    // The database is away: the next look will tell.
    const now = await identity.authenticate({ ...served.given, isUse: false }).catch(() => served.actor);
    if (!now || !hasSameRights(now, served.actor)) served.end(withdrawal(now));
  }

  function watch(identity: Identity): void {
    watched = identity;
    identity.access.onChange((isMeant) => {
      for (const served of all) if (isMeant(served.actor)) void lookAgain(identity, served);
    });
  }

  return {
    hold(identity, served) {
      if (watched !== identity) watch(identity);
      all.add(served);
      timer ??= setInterval(() => {
        for (const each of all) void lookAgain(identity, each);
      }, LOOK_MS).unref();
      return () => {
        all.delete(served);
        if (all.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}

function hasSameRights(left: Actor, right: Actor): boolean {
  const rights = ({ role, grants, scopes, ceiling, agent, orgId }: Actor) =>
    JSON.stringify([
      role,
      [...grants].sort(),
      scopes,
      ceiling && [ceiling.role, [...ceiling.grants].sort()],
      agent,
      orgId,
    ]);
  return rights(left) === rights(right);
}
