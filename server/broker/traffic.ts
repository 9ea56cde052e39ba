import type { QueueTraffic } from './port.ts';

const SLOT_MS = 5000;
/** Together the last minute. */
const SLOTS = 12;
const KINDS = ['published', 'delivered', 'returned'] as const;

export interface Traffic {
  note(queue: string, kind: keyof QueueTraffic, count?: number): void;
  read(queue: string): QueueTraffic;
  forget(queue: string): void;
}

interface Ring {
  /** Of the newest slot, counted since 1970. */
  slot: number;
  counts: QueueTraffic[];
}

const none = (): QueueTraffic => ({ published: 0, delivered: 0, returned: 0 });

/** What passed through this process in the last minute, by queue. One number a slot: it costs nothing to count. */
export function makeTraffic(now: () => number): Traffic {
  const rings = new Map<string, Ring>();

  function turn(ring: Ring): QueueTraffic {
    const slot = Math.floor(now() / SLOT_MS);
    // A clock that was set back counts into the newest slot.
    for (let skip = Math.min(slot - ring.slot, SLOTS); skip > 0; skip--) {
      ring.counts.pop();
      ring.counts.unshift(none());
    }
    ring.slot = Math.max(ring.slot, slot);
    return ring.counts[0] as QueueTraffic;
  }

  return {
    note(queue, kind, count = 1) {
      const ring = rings.get(queue) ?? {
        slot: Math.floor(now() / SLOT_MS),
        counts: Array.from({ length: SLOTS }, none),
      };
      rings.set(queue, ring);
      turn(ring)[kind] += count;
    },
    forget: (queue) => void rings.delete(queue),
    read(queue) {
      const ring = rings.get(queue);
      const sum = none();
      if (!ring) return sum;
      turn(ring);
      for (const counts of ring.counts) for (const kind of KINDS) sum[kind] += counts[kind];
      return sum;
    },
  };
}
