import { isDeepStrictEqual } from 'node:util';
import { type Actor, NOBODY } from '#server/identity/actor.ts';
import type { Credentials } from '#server/identity/identity.ts';
import { networkOf } from '#server/identity/limits/subject.ts';
import type { AuthenticateSocket, SocketSignIn } from '#server/identity/socket-sign-in.ts';
import type { Services } from '#server/services/context.ts';
import { ENDS, type End } from './ends.ts';

/** Told which actors' sessions, keys or rights have changed. Returns how to stop. */
export type OnSessionsChanged = (listener: (concerns: (actor: Actor) => boolean) => void) => () => void;

export interface AdmissionOptions {
  authenticate: AuthenticateSocket;
  /** `perAddress`: of those who have not signed in yet. */
  limits: { max: number; perAddress: number };
  /** Undefined until the process has started, and again once it stops. */
  services(): AdmissionServices | undefined;
  now(): number;
}

export interface AdmissionServices {
  readonly places: Services['places'];
  readonly rates: Pick<Services['rates'], 'tokens'>;
}

/** One connection, from before it is known whose it is. */
export interface Guest {
  /** The actor, or why it must go. */
  signIn(credentials: Credentials, onEnd: (end: End) => void): Promise<Actor | End>;
  leave(): void;
}

/** Who is connected, and whether they still may be. */
export interface Admission {
  /** Null: the house is full, or has too many from there of whom it is not known who they are. */
  open(address: string | null): Guest | null;
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
  const { authenticate, limits, services, now } = options;
  const visits = new Set<Visit>();
  /** How many of each network have not signed in. */
  const unknown = new Map<string, number>();
  let open = 0;
  const stops: (() => void)[] = [];

  /** Null: there are too many from there. */
  function waitAt(network: string): (() => void) | null {
    const before = unknown.get(network) ?? 0;
    if (before >= limits.perAddress) return null;
    unknown.set(network, before + 1);
    let isWaiting = true;
    return () => {
      if (!isWaiting) return;
      isWaiting = false;
      const left = (unknown.get(network) ?? 0) - 1;
      if (left > 0) unknown.set(network, left);
      else unknown.delete(network);
    };
  }

  /** Who it is, if they may be asked and are somebody; who shows too much that does not count is not looked up any more. */
  async function recognise(credentials: Credentials): Promise<SocketSignIn | End> {
    const tokens = services()?.rates.tokens;
    const stranger = { ...NOBODY, from: credentials.from };
    if (tokens === undefined) return ENDS.unavailable;
    if (await tokens.check(stranger)) return ENDS.tooManyTries;
    const found = await authenticate(credentials).catch(() => undefined);
    if (found === undefined) return ENDS.unavailable;
    if (found !== null) return found;
    await tokens.countFailure(stranger);
    return ENDS.unauthenticated;
  }

  interface Stay {
    credentials: Credentials;
    first: SocketSignIn;
    giveBack(): void;
    onEnd(end: End): void;
  }

  function stay({ credentials, first, giveBack, onEnd }: Stay): () => void {
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
      visits.delete(visit);
      giveBack();
    }
    visits.add(visit);
    arm(first.askAgainAt);
    return leave;
  }

  return {
    open(address) {
      const isSettled = open < limits.max ? waitAt(networkOf(address)) : null;
      if (!isSettled) return null;
      open += 1;
      let isIn = true;
      let leave: () => void = () => undefined;
      return {
        async signIn(credentials, onEnd) {
          const found = await recognise(credentials);
          if ('code' in found) return found;
          if (!isIn) return ENDS.unauthenticated;
          const giveBack = services()?.places.take(found.actor);
          if (!giveBack) return giveBack === null ? ENDS.tooMany : ENDS.unavailable;
          isSettled();
          const before = leave;
          const last = stay({ credentials, first: found, giveBack, onEnd });
          leave = () => {
            before();
            last();
          };
          return found.actor;
        },
        leave() {
          if (!isIn) return;
          isIn = false;
          open -= 1;
          isSettled();
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

/** Where a request came from is no part of who it is from. */
function isSameActor({ from: _a, ...one }: Actor, { from: _b, ...other }: Actor): boolean {
  return isDeepStrictEqual(one, other);
}
