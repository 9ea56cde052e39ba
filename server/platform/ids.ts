import { randomFillSync } from 'node:crypto';

/**
 * UUIDv7 in 32 hex digits: 48 bits of milliseconds, then a counter that keeps ids of one process in their order within
 * a millisecond, then chance. Bytes of chance are fetched in blocks, as one call for each id would cost more than the id.
 */
export function createUuidSource(now: () => number): () => string {
  const pool = Buffer.alloc(8192);
  let at = pool.length;
  let lastMs = 0;
  let counter = 0;
  return () => {
    const ms = now();
    if (ms > lastMs) {
      lastMs = ms;
      counter = 0;
    } else if (++counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
    if (at + 8 > pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    const chance = pool.toString('hex', at, at + 8);
    at += 8;
    const variant = '89ab'.charAt((pool[at - 1] ?? 0) & 3);
    return `${lastMs.toString(16).padStart(12, '0')}7${counter.toString(16).padStart(3, '0')}${variant}${chance.slice(1)}`;
  };
}
