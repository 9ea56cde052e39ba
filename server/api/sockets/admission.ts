import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '#server/identity/actor.ts';
import type { Credentials } from '#server/identity/identity.ts';
import type { AuthenticateSocket, SocketSignIn } from '#server/identity/socket-sign-in.ts';
import { ENDS, type End } from './ends.ts';

/** Told which actors' sessions, keys or rights have changed. Returns how to stop. */
export type OnSessionsChanged = (listener: (concerns: (actor: Actor) => boolean) => void) => () => void;

export interface AdmissionOptions {
  authenticate: AuthenticateSocket;
  limits: { max: number; perActor: number };
  now(): number;
}

/** One connection, from before it is known whose it is. */
export interface Guest {
  /** The actor, or why it must go. */
  signIn(credentials: Credentials, onEnd: (end: End) => void): Promise<Actor | End>;
  leave(): void;
}

/** Who is connected, and whether they still may be. */
export interface Admission {
  /** Null: the house is full. */
  open(): Guest | null;
  count(): number;
  /** From now on it hears when rights change. */
  follow(onSessionsChanged: OnSessionsChanged): void;
  stop(): void;
}

interface Visit {
  actor: Actor;
  /** Asks again whether it may stay. */
  check(): Promise<void>;
}

const AFTER_TROUBLE_MS = 5000;
/** Timers cannot run for longer; asking once too often does no harm. */
const MAX_TIMER_MS = 24 * 3_600_000;

export function createAdmission(options: AdmissionOptions): Admission {
  const { authenticate, limits, now } = options;
  const visits = new Set<Visit>();
  const byActor = new Map<string, number>();
  let open = 0;
  const stops: (() => void)[] = [];

  function count(actor: Actor, change: number): number {
    const key = keyOf(actor);
    const left = (byActor.get(key) ?? 0) + change;
    if (left > 0) byActor.set(key, left);
    else byActor.delete(key);
    return left;
  }

  function stay(credentials: Credentials, first: SocketSignIn, onEnd: (end: End) => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    const { actor } = first;
    const end = (why: End): void => {
      leave();
      onEnd(why);
    };
    const visit: Visit = {
      actor,
      async check() {
        const again = await authenticate({ ...credentials, isUse: false }).catch(() => undefined);
        if (!visits.has(visit)) return;
        // The database is away: the next look will tell.
        if (again === undefined) return arm(now() + AFTER_TROUBLE_MS);
        if (!again) return end(ENDS.unauthenticated);
        if (!isSameActor(again.actor, actor)) return end(ENDS.changed);
        arm(again.askAgainAt);
      },
    };
    function arm(askAgainAt: number | null): void {
      clearTimeout(timer);
      if (askAgainAt === null) return;
      const ms = Math.min(Math.max(0, askAgainAt - now()) + 1, MAX_TIMER_MS);
      timer = setTimeout(() => void visit.check(), ms).unref();
    }
    function leave(): void {
      clearTimeout(timer);
      if (visits.delete(visit)) count(actor, -1);
    }
    visits.add(visit);
    arm(first.askAgainAt);
    return leave;
  }

  return {
    open() {
      if (open >= limits.max) return null;
      open += 1;
      let isIn = true;
      let leave: () => void = () => undefined;
      return {
        async signIn(credentials, onEnd) {
          const found = await authenticate(credentials).catch(() => undefined);
          if (found === undefined) return ENDS.unavailable;
          if (!found || !isIn) return ENDS.unauthenticated;
          if (count(found.actor, 1) > limits.perActor) {
            count(found.actor, -1);
            return ENDS.tooMany;
          }
          leave = stay(credentials, found, onEnd);
          return found.actor;
        },
        leave() {
          if (!isIn) return;
          isIn = false;
          open -= 1;
          leave();
        },
      };
    },
    count: () => open,
    follow(onSessionsChanged) {
      const stop = onSessionsChanged((concerns) => {
        for (const visit of visits) if (concerns(visit.actor)) void visit.check();
      });
      stops.push(stop);
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}

function keyOf({ kind, orgId, id }: Actor): string {
  return `${kind} ${orgId} ${id}`;
}

/** Where a request came from is no part of who it is from. */
function isSameActor({ from: _a, ...one }: Actor, { from: _b, ...other }: Actor): boolean {
  return isDeepStrictEqual(one, other);
}
