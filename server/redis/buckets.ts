import type { ExpiringMap } from './expiring-map.ts';
import { makeExpiringMap } from './expiring-map.ts';
import type { Bucket, Drawn, HotState } from './port.ts';

/** What is owed is in cost times window: each millisecond pays `size` of it. */
export function drawnOf(
  { size, windowMs }: Bucket,
  { cost, isTaken, owed }: { cost: number; isTaken: boolean; owed: number },
): Drawn {
  const room = size * windowMs - owed;
  return {
    isTaken,
    left: Math.floor(room / windowMs),
    waitMs: isTaken ? 0 : Math.ceil((cost * windowMs - room) / size),
    fullInMs: Math.ceil(owed / size),
  };
}

/** Buckets and counts with a bound, of one process. */
export function budgets(now: () => number): Pick<HotState, 'draw' | 'reserve'> & { sweep(): void } {
  const buckets: ExpiringMap<{ owed: number; at: number }> = makeExpiringMap(now);
  const counts = makeExpiringMap<number>(now);
  return {
    async draw(key, bucket, cost) {
      const { size, windowMs } = bucket;
      const before = buckets.get(key);
      const owed = before ? Math.max(0, before.owed - Math.max(0, now() - before.at) * size) : 0;
      const after = owed + cost * windowMs;
      if (after > size * windowMs) return drawnOf(bucket, { cost, isTaken: false, owed });
      if (cost > 0) buckets.set(key, { owed: after, at: now() }, Math.ceil(after / size));
      return drawnOf(bucket, { cost, isTaken: true, owed: after });
    },
    async reserve(key, { by, max, ttlMs, from }) {
      const known = counts.get(key);
      const used = known ?? from;
      if (used === undefined) return null;
      if (known === undefined) counts.set(key, used, ttlMs);
      if (by > 0 && used + by > max) return { isTaken: false, used };
      counts.replace(key, used + by);
      return { isTaken: true, used: used + by };
    },
    sweep() {
      buckets.sweep();
      counts.sweep();
    },
  };
}
