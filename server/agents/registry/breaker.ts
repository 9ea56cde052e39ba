import type { ErrorClass } from '#server/domain/graph/schema.ts';
import type { AgentId } from '#server/domain/ids.ts';

export interface BreakerOptions {
  /** So many failures within the window... */
  failures: number;
  /** ...and at least this share of all answers: a busy agent that fails now and then is no broken one. */
  share: number;
  windowMs: number;
  coolDownMs: number;
  maxCoolDownMs: number;
}

export const BREAKER_DEFAULTS: BreakerOptions = {
  failures: 5,
  share: 0.5,
  windowMs: 60_000,
  coolDownMs: 30_000,
  maxCoolDownMs: 600_000,
};

/** Failures that are the agent's own; the others are those of what it was given. */
const OWN_FAULTS: ReadonlySet<ErrorClass> = new Set(['lost', 'agent', 'internal']);
export const isAgentFault = (errorClass: ErrorClass): boolean => OWN_FAULTS.has(errorClass);

const BUCKETS = 6;

interface Bucket {
  number: number;
  answers: number;
  failures: number;
}

/** Counts answers of each agent over the last window, and says when it has failed too often. */
export interface BreakerCounts {
  /** True at the answer that is one failure too many; the count then begins anew. */
  add(agent: AgentId, failed: boolean, now: number): boolean;
  forget(agent: AgentId): void;
}

export function createBreakerCounts(options: BreakerOptions): BreakerCounts {
  const rings = new Map<AgentId, Bucket[]>();
  const bucketMs = options.windowMs / BUCKETS;

  function bucketOf(agent: AgentId, now: number): { ring: Bucket[]; bucket: Bucket } {
    let ring = rings.get(agent);
    if (!ring) {
      ring = Array.from({ length: BUCKETS }, () => ({ number: -1, answers: 0, failures: 0 }));
      rings.set(agent, ring);
    }
    const number = Math.floor(now / bucketMs);
    const bucket = ring[number % BUCKETS] as Bucket;
    if (bucket.number !== number) Object.assign(bucket, { number, answers: 0, failures: 0 });
    return { ring, bucket };
  }

  return {
    add(agent, failed, now) {
      const { ring, bucket } = bucketOf(agent, now);
      bucket.answers += 1;
      if (!failed) return false;
      bucket.failures += 1;
      let answers = 0;
      let failures = 0;
      for (const each of ring) {
        if (each.number <= bucket.number - BUCKETS) continue;
        answers += each.answers;
        failures += each.failures;
      }
      if (failures < options.failures || failures < answers * options.share) return false;
      rings.delete(agent);
      return true;
    },
    forget: (agent) => rings.delete(agent),
  };
}

/** How long it rests before it is tried again: twice as long each time in a row. */
export function coolDownMs(options: BreakerOptions, trips: number): number {
  return Math.min(options.coolDownMs * 2 ** Math.min(trips - 1, 20), options.maxCoolDownMs);
}
