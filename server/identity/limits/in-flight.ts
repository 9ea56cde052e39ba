import { SignalboxError } from '#server/domain/errors.ts';
import type { OrgId } from '#server/domain/ids.ts';

/** Starts of a tenant that are under way in this process, and when one of them has ended. */
interface Starts {
  pending: number;
  ended: number;
  waiting: (() => void)[];
}

export interface InFlight {
  /** Does it when there is room for one more; else throws LIMITED. */
  within<Result>(orgId: OrgId, work: () => Promise<Result>): Promise<Result>;
}

export interface InFlightOptions {
  max: number;
  /** Of what is committed, up to that number. */
  count(orgId: OrgId, max: number): Promise<number>;
  onLimited(): void;
}

/**
 * How many runs a tenant may have in flight. What is under way here is counted beside what is committed, so that starts
 * at the same moment do not pass together. Two processes may each let one through at the same moment: a start is not
 * worth a lock over all of them.
 */
export function createInFlight({ max, count, onLimited }: InFlightOptions): InFlight {
  const tenants = new Map<OrgId, Starts>();

  async function enter(orgId: OrgId, starts: Starts): Promise<void> {
    for (;;) {
      const endedBefore = starts.ended;
      const committed = await count(orgId, max);
      // One that ended meanwhile may be in the count or not: it is taken for one that is not.
      const unsure = starts.pending + (starts.ended - endedBefore);
      if (committed + unsure < max) {
        starts.pending += 1;
        return;
      }
      if (committed >= max || unsure === 0) {
        onLimited();
        throw full(max);
      }
      if (starts.pending > 0) await new Promise<void>((resolve) => starts.waiting.push(resolve));
    }
  }

  return {
    async within(orgId, work) {
      const starts = tenants.get(orgId) ?? { pending: 0, ended: 0, waiting: [] };
      tenants.set(orgId, starts);
      await enter(orgId, starts);
      try {
        return await work();
      } finally {
        starts.pending -= 1;
        starts.ended += 1;
        for (const go of starts.waiting.splice(0)) go();
      }
    },
  };
}

const RETRY_AFTER_SECONDS = 5;

function full(max: number): SignalboxError {
  return new SignalboxError(
    'LIMITED',
    `Your organisation has ${max} runs in flight, and may have ${max} (runs_in_flight). There is room again when one of them ends.`,
    {
      advice:
        'Try again when a run has ended, or ask whoever runs this server for more (SIGNALBOX_RUNS_IN_FLIGHT).',
      details: { retryAfterSeconds: RETRY_AFTER_SECONDS, limit: 'runs_in_flight', max, used: max },
    },
  );
}
