import { SignalboxError } from '#server/domain/errors.ts';
import { type HotKey, KEY } from '#server/redis/keys.ts';
import type { Bucket, Drawn, HotState } from '#server/redis/port.ts';
import type { Actor } from '../actor.ts';
import { isFromHere } from '../loopback.ts';
import { digest } from '../tokens.ts';
import { networkOf, subjectOf } from './subject.ts';

/** `agents`: beats, claims and reports. `sign-ins`: whoever says who they are, by address and by account. */
export const RATE_CLASSES = ['reads', 'writes', 'agents', 'sign-ins'] as const;
export type RateClass = (typeof RATE_CLASSES)[number];
/** What a request costs, by class: a batch has several calls. */
export type Charges = Readonly<Partial<Record<RateClass, number>>>;

/** How somebody stands with one limit. */
export interface Standing {
  /** As the headers name it. */
  policy: string;
  limit: number;
  windowSeconds: number;
  left: number;
  fullInSeconds: number;
}

export interface Admission {
  /** Empty for those who are not limited. */
  standings: readonly Standing[];
  /** The request is one too many. */
  refusal: SignalboxError | null;
}

export interface Rates {
  /** Counts a request. */
  admit(actor: Actor, charges: Charges): Promise<Admission>;
  /** Counts an attempt to prove who one is; throws LIMITED. `account`: whom they say they are. */
  attempt(actor: Actor, account: string | null): Promise<void>;
  /**
   * Tokens that do not count, shown where nothing else counts them. Whoever has shown too many is refused before another
   * is looked up. Apart from `attempt`: a page whose session is over shall not keep its user from signing in.
   */
  readonly tokens: {
    check(actor: Actor): Promise<SignalboxError | null>;
    countFailure(actor: Actor): Promise<void>;
  };
  /** How the actor stands, without counting. */
  look(actor: Actor): Promise<Standing[]>;
  /** A limit beside the classes. */
  take(policy: string, what: { subject: string; bucket: Bucket; cost: number }): Promise<Drawn>;
}

export interface RatesOptions {
  hot: Pick<HotState, 'draw'>;
  /** Of this process alone: for the time that the shared one is away. */
  local: Pick<HotState, 'draw'>;
  /** Calls in a minute, for each caller. */
  perMinute: Readonly<Record<RateClass, number>>;
  /** Nobody but this machine reaches the doors: then it is not limited. */
  isLocalOnly: boolean;
  now(): number;
  onLimited(what: string): void;
}

export const MINUTE_MS = 60_000;
/** All keys of one account together may ask this many times what one may. */
const KEYS_PER_ACCOUNT = 10;
/** Hot state that has just failed is not asked again at once: one that hangs would cost each request its patience. */
const LEAVE_ALONE_MS = 1000;
const REQUEST_CLASSES = ['reads', 'writes', 'agents'] as const;

interface Charge {
  policy: string;
  key: HotKey;
  bucket: Bucket;
  cost: number;
}

export function createRates({ hot, local, perMinute, isLocalOnly, now, onLimited }: RatesOptions): Rates {
  let askAgainAt = 0;

  const bucketOf = (name: RateClass, times = 1): Bucket => ({
    size: perMinute[name] * times,
    windowMs: MINUTE_MS,
  });
  const isAtHome = ({ from }: Actor) => isLocalOnly && isFromHere(from.address);
  const isFree = (actor: Actor) => actor.kind === 'local' || isAtHome(actor);

  /** From the shared bucket, or from one of this process while that is away: never from none. */
  async function draw({ key, bucket, cost }: Charge): Promise<Drawn> {
    if (now() >= askAgainAt) {
      try {
        return await hot.draw(key, bucket, cost);
      } catch {
        askAgainAt = now() + LEAVE_ALONE_MS;
      }
    }
    return local.draw(key, bucket, cost);
  }

  function chargesFor(actor: Actor, name: RateClass, cost: number): Charge[] {
    const { own, account } = subjectOf(actor);
    const one = { policy: name, key: KEY.rate(name, own), bucket: bucketOf(name), cost };
    if (account === null) return [one];
    const all = { ...one, policy: `${name}-of-account`, key: KEY.rate(name, account) };
    return [one, { ...all, bucket: bucketOf(name, KEYS_PER_ACCOUNT) }];
  }

  function chargeForToken(actor: Actor): Charge | null {
    if (isAtHome(actor)) return null;
    const policy = 'failed-tokens';
    const key = KEY.rate(policy, `address:${networkOf(actor.from.address)}`);
    return { policy, key, bucket: bucketOf('sign-ins'), cost: 1 };
  }

  /** Asked in one turn, so that it is one round trip. */
  async function pay(charges: readonly Charge[]): Promise<Admission> {
    const drawn = await Promise.all(charges.map(async (charge) => ({ charge, drawn: await draw(charge) })));
    const standings = drawn.map((each) => standingOf(each.charge, each.drawn));
    const longest = drawn.toSorted((a, b) => b.drawn.waitMs - a.drawn.waitMs)[0];
    if (!longest || longest.drawn.isTaken) return { standings, refusal: null };
    onLimited(longest.charge.policy);
    return { standings, refusal: limited(longest.charge, longest.drawn) };
  }

  return {
    async admit(actor, charges) {
      if (isFree(actor)) return { standings: [], refusal: null };
      const all = Object.entries(charges) as [RateClass, number][];
      return pay(all.flatMap(([name, cost]) => chargesFor(actor, name, cost)));
    },
    async attempt(actor, account) {
      const bucket = bucketOf('sign-ins');
      const subjects = [
        ...(isAtHome(actor) ? [] : [`address:${networkOf(actor.from.address)}`]),
        ...(account === null ? [] : [`account:${digest(account)}`]),
      ];
      const charges = subjects.map((subject) => ({
        ...{ policy: 'sign-ins', key: KEY.rate('sign-ins', subject), bucket, cost: 1 },
      }));
      // Counted here too at any time: guessing shall gain nothing by hot state going away.
      const here = await Promise.all(
        subjects.map((subject) => local.draw(KEY.rate('sign-ins-here', subject), bucket, 1)),
      );
      const refused = here.findIndex(({ isTaken }) => !isTaken);
      const [charge, drawn] = [charges[refused], here[refused]];
      if (charge && drawn) {
        onLimited(charge.policy);
        throw limited(charge, drawn);
      }
      const { refusal } = await pay(charges);
      if (refusal) throw refusal;
    },
    tokens: {
      async check(actor) {
        const charge = chargeForToken(actor);
        if (charge === null) return null;
        const { left } = await draw({ ...charge, cost: 0 });
        if (left >= 1) return null;
        onLimited(charge.policy);
        return limited(charge, { waitMs: charge.bucket.windowMs / charge.bucket.size });
      },
      async countFailure(actor) {
        const charge = chargeForToken(actor);
        if (charge !== null) await draw(charge);
      },
    },
    async look(actor) {
      if (isFree(actor)) return [];
      const { standings } = await pay(REQUEST_CLASSES.flatMap((name) => chargesFor(actor, name, 0)));
      return [...standings];
    },
    take: (policy, { subject, bucket, cost }) =>
      draw({ policy, key: KEY.rate(policy, subject), bucket, cost }),
  };
}

function standingOf({ policy, bucket }: Charge, { left, fullInMs }: Drawn): Standing {
  return {
    policy,
    limit: bucket.size,
    windowSeconds: bucket.windowMs / 1000,
    left,
    fullInSeconds: Math.ceil(fullInMs / 1000),
  };
}

const WORDS: Readonly<Record<string, string>> = {
  'sign-ins': 'attempts to sign in',
  'failed-tokens': 'tokens that do not count',
};

function limited({ policy, bucket }: Charge, { waitMs }: Pick<Drawn, 'waitMs'>): SignalboxError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const what = WORDS[policy] ?? `calls (${policy})`;
  return new SignalboxError(
    'LIMITED',
    `Too many ${what}: ${bucket.size} in ${bucket.windowMs / 1000} seconds may come.`,
    {
      advice: `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
      details: { retryAfterSeconds: seconds, limit: policy },
    },
  );
}
