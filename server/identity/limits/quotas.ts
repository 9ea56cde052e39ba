import { SignalboxError } from '#server/domain/errors.ts';
import type { OrgId } from '#server/domain/ids.ts';
import { KEY } from '#server/redis/keys.ts';
import type { HotState, Reserved } from '#server/redis/port.ts';
import type { Actor } from '../actor.ts';
import { createInFlight } from './in-flight.ts';
import { MINUTE_MS, type Rates } from './rates.ts';
import { subjectOf } from './subject.ts';

/** How many runs may be started; a task on its own is a run. Undefined: as many as anybody likes. */
export interface QuotaLimits {
  perDay: number | undefined;
  perKeyMinute: number | undefined;
  inFlight: number | undefined;
}

export interface QuotaUse {
  name: 'runs_per_day' | 'runs_per_key_minute' | 'runs_in_flight';
  limit: number;
  used: number;
  /** Null: when a run ends. */
  resetsAt: Date | null;
}

export interface Quotas {
  /** Starts a run if all quotas have room for it, else throws LIMITED. What starts nothing new is given back. */
  within<Started extends { isNew: boolean }>(actor: Actor, start: () => Promise<Started>): Promise<Started>;
  look(actor: Actor): Promise<QuotaUse[]>;
}

export interface QuotaOptions {
  hot: Pick<HotState, 'reserve'>;
  rates: Pick<Rates, 'take'>;
  limits: QuotaLimits;
  /** What the database says, up to `max`. */
  countBorn(orgId: OrgId, sinceMs: number, max: number): Promise<number>;
  countInFlight(orgId: OrgId, max: number): Promise<number>;
  now(): number;
  onLimited(what: string): void;
}

const DAY_MS = 86_400_000;

type GiveBack = () => Promise<void>;
const nothing: GiveBack = async () => undefined;

export function createQuotas(options: QuotaOptions): Quotas {
  const { limits, rates, now, onLimited } = options;
  const { perDay, perKeyMinute, inFlight: maxInFlight } = limits;
  const inFlight =
    maxInFlight === undefined
      ? undefined
      : createInFlight({
          max: maxInFlight,
          count: options.countInFlight,
          onLimited: () => onLimited('runs_in_flight'),
        });
  const days = createDays(options);

  /** A machine that starts too many; people and this machine itself are told by the day's quota alone. */
  async function takeMinute(actor: Actor, cost: number) {
    if (perKeyMinute === undefined || !isMachine(actor)) return undefined;
    const bucket = { size: perKeyMinute, windowMs: MINUTE_MS };
    return rates.take('runs', { subject: subjectOf(actor).own, bucket, cost });
  }

  async function refuseByMinute(actor: Actor): Promise<void> {
    const drawn = await takeMinute(actor, 1);
    if (!drawn || drawn.isTaken) return;
    onLimited('runs_per_key_minute');
    throw limited(
      { name: 'runs_per_key_minute', limit: perKeyMinute ?? 0, used: (perKeyMinute ?? 0) - drawn.left },
      { whose: `The key ${JSON.stringify(actor.name)}`, retryInMs: drawn.waitMs, now: now() },
    );
  }

  async function reserveDay(actor: Actor): Promise<GiveBack> {
    if (perDay === undefined) return nothing;
    const { reserved, resetsAt, giveBack } = await days.reserve(actor.orgId, perDay);
    if (reserved.isTaken) return giveBack;
    onLimited('runs_per_day');
    throw limited(
      { name: 'runs_per_day', limit: perDay, used: reserved.used },
      { whose: 'Your organisation', retryInMs: resetsAt - now(), now: now() },
    );
  }

  async function withinDay<Started extends { isNew: boolean }>(
    actor: Actor,
    start: () => Promise<Started>,
  ): Promise<Started> {
    const giveBack = await reserveDay(actor);
    try {
      const started = await start();
      if (!started.isNew) await giveBack();
      return started;
    } catch (error) {
      await giveBack();
      throw error;
    }
  }

  return {
    async within(actor, start) {
      await refuseByMinute(actor);
      const begin = () => withinDay(actor, start);
      return inFlight ? inFlight.within(actor.orgId, begin) : begin();
    },
    async look(actor) {
      const uses: QuotaUse[] = [];
      if (perDay !== undefined) {
        const { used, resetsAt } = await days.look(actor.orgId, perDay);
        uses.push({ name: 'runs_per_day', limit: perDay, used, resetsAt: new Date(resetsAt) });
      }
      const drawn = await takeMinute(actor, 0);
      if (drawn && perKeyMinute !== undefined) {
        const resetsAt = new Date(now() + drawn.fullInMs);
        uses.push({
          name: 'runs_per_key_minute',
          limit: perKeyMinute,
          used: perKeyMinute - drawn.left,
          resetsAt,
        });
      }
      if (maxInFlight !== undefined) {
        const used = await options.countInFlight(actor.orgId, maxInFlight);
        uses.push({ name: 'runs_in_flight', limit: maxInFlight, used, resetsAt: null });
      }
      return uses;
    },
  };
}

const isMachine = ({ kind }: Actor): boolean => kind === 'key' || kind === 'app' || kind === 'external';

/** Days begin at midnight UTC, for everybody alike. */
function createDays({ hot, countBorn, now }: QuotaOptions) {
  const today = () => {
    const begin = Math.floor(now() / DAY_MS) * DAY_MS;
    return { begin, resetsAt: begin + DAY_MS };
  };

  /** The count in hot state; begun, after a loss or at midnight, with what the database says. Away: the database alone. */
  async function reserveIn(orgId: OrgId, max: number, by: number): Promise<Reserved> {
    const { begin, resetsAt } = today();
    const key = KEY.quota(`runs:${begin}`, orgId);
    const wish = { by, max, ttlMs: resetsAt - now() };
    const count = () => countBorn(orgId, begin, max);
    try {
      const known = await hot.reserve(key, wish);
      return (
        known ?? (await hot.reserve(key, { ...wish, from: await count() })) ?? { isTaken: true, used: by }
      );
    } catch {
      const used = await count();
      return { isTaken: by <= 0 || used + by <= max, used };
    }
  }

  return {
    async reserve(orgId: OrgId, max: number) {
      const { resetsAt, begin } = today();
      const reserved = await reserveIn(orgId, max, 1);
      const giveBack: GiveBack = async () => {
        const wish = { by: -1, max, ttlMs: DAY_MS };
        await hot.reserve(KEY.quota(`runs:${begin}`, orgId), wish).catch(() => undefined);
      };
      return { reserved, resetsAt, giveBack };
    },
    async look(orgId: OrgId, max: number) {
      return { used: (await reserveIn(orgId, max, 0)).used, resetsAt: today().resetsAt };
    },
  };
}

function limited(
  { name, limit, used }: Omit<QuotaUse, 'resetsAt'>,
  { whose, retryInMs, now }: { whose: string; retryInMs: number; now: number },
): SignalboxError {
  const seconds = Math.max(1, Math.ceil(retryInMs / 1000));
  const at = new Date(now + seconds * 1000).toISOString();
  return new SignalboxError(
    'LIMITED',
    `${whose} has started ${used} of ${limit} runs (${name}). There is room again at ${at}.`,
    {
      advice: 'Wait until then, or ask whoever runs this server for more.',
      details: { retryAfterSeconds: seconds, limit: name, max: limit, used, resets_at: at },
    },
  );
}
