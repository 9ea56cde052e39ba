import { describe, expect, test } from 'vitest';
import type { Connection } from '../tenant/directory.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { createPool } from './pool.ts';

const connectionOf = (id: string): Connection =>
  ({ id, slug: id, version: 1, loans: [] }) as unknown as Connection;

/** Sessions that end when they are told to, and a clock that stands until it is set. */
function makePool(maxSessions = 10) {
  const closed: string[] = [];
  const busy = new Set<string>();
  let now = 0;
  let tick: () => void = () => undefined;
  const pool = createPool({
    async connect({ id }): Promise<Upstream> {
      const upstream = {
        get isBusy() {
          return busy.has(id);
        },
        ended: new Promise(() => undefined),
        close: async () => void closed.push(id),
      };
      return upstream as unknown as Upstream;
    },
    ...{ idleMs: 600_000, sweepMs: 1, maxSessions },
    now() {
      tick();
      return now;
    },
    onOpened: () => undefined,
    onTrouble: () => undefined,
  });
  return {
    ...{ pool, busy, closed },
    get: (id: string) => pool.get(connectionOf(id)),
    /** Resolves when all sessions have been looked at then. */
    async comeTo(ms: number): Promise<void> {
      now = ms;
      // Each look asks the clock, so the second has seen what the first has done.
      for (let looks = 0; looks < 2; looks += 1) {
        const { promise, resolve } = Promise.withResolvers<void>();
        tick = resolve;
        await promise;
      }
      tick = () => undefined;
      await pool.closed();
    },
  };
}

describe('sessions with servers', () => {
  test('are ended when nobody has used them for a while, and not while somebody waits in one', async () => {
    const { pool, busy, closed, get, comeTo } = makePool();
    await Promise.all(['waits', 'rests', 'stays'].map(get));
    busy.add('waits');
    await comeTo(500_000);
    await get('stays');
    await comeTo(700_000);
    expect(closed).toEqual(['rests']);
    // A day later people have answered.
    busy.add('stays');
    await comeTo(86_400_000);
    expect(closed).toEqual(['rests']);
    busy.delete('waits');
    await comeTo(87_200_000);
    expect(closed).toEqual(['rests', 'waits']);
    await pool.stop();
  });

  test('make room for others, those first in which nobody waits', async () => {
    const { pool, busy, closed, get } = makePool(2);
    await get('waits');
    await get('rests');
    busy.add('waits');
    await get('comes');
    await pool.closed();
    expect(closed).toEqual(['rests']);
    await pool.stop();
  });

  test('that are still being opened hold up no end, and whoever waits for them is told why', async () => {
    const given: { id: string; why: unknown }[] = [];
    const pool = createPool({
      connect({ id }, signal) {
        // A server that never says anything.
        const { promise, reject } = Promise.withResolvers<Upstream>();
        signal.addEventListener('abort', () => {
          given.push({ id, why: signal.reason });
          reject(signal.reason);
        });
        return promise;
      },
      ...{ idleMs: 600_000, maxSessions: 10, now: () => 1 },
      ...{ onOpened: () => undefined, onTrouble: () => expect.unreachable() },
    });
    const [changed, stays] = ['changed', 'stays'].map((id) => pool.get(connectionOf(id)));
    pool.keepOnly(({ id }) => id === 'stays', 2);
    await expect(changed).rejects.toMatchObject({ message: expect.stringContaining('changed or removed') });
    expect(given.map(({ id }) => id)).toEqual(['changed']);
    await Promise.all([pool.stop(), expect(stays).rejects.toThrow('The gateway is stopping.')]);
    expect(given.map(({ id }) => id)).toEqual(['changed', 'stays']);
  });
});
