import { expect, it } from 'vitest';
import { SignalboxError } from '#server/domain/errors.ts';
import { DEFAULT_ORG_ID, type OrgId } from '#server/domain/ids.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { type Actor, LOCAL_OWNER } from '../actor.ts';
import { createQuotas, type QuotaLimits, type Quotas } from './quotas.ts';
import { createRates } from './rates.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');
const key: Actor = { ...LOCAL_OWNER, kind: 'key', id: 'key_1', name: 'ci' };
const other: Actor = { ...key, id: 'key_2', orgId: 'org_2' as OrgId };

function makeWorld(limits: Partial<QuotaLimits>) {
  let nowMs = NOON;
  let isAway = false;
  const born: { orgId: OrgId; at: number }[] = [];
  const now = () => nowMs;
  const hot = createMemoryHotState({ now });
  const refused: string[] = [];
  const refuse = { now, onLimited: (what: string) => refused.push(what) };
  const perMinute = { reads: 1, writes: 1, agents: 1, 'sign-ins': 1 };
  const startProcess = () =>
    createQuotas({
      ...refuse,
      hot: {
        async reserve(...given) {
          if (isAway) throw new SignalboxError('UNAVAILABLE', 'Redis is away.');
          return hot.reserve(...given);
        },
      },
      rates: createRates({ ...refuse, hot, local: hot, perMinute, isLocalOnly: false }),
      limits: { perDay: undefined, perKeyMinute: undefined, inFlight: undefined, ...limits },
      countBorn: async (orgId, sinceMs, max) =>
        Math.min(max, born.filter((run) => run.orgId === orgId && run.at >= sinceMs).length),
      countInFlight: async (orgId, max) => Math.min(max, born.filter((run) => run.orgId === orgId).length),
    });
  return {
    quotas: startProcess(),
    startProcess,
    refused,
    born,
    /** Takes a few turns, as a commit does. */
    async start(quotas: Quotas, actor: Actor) {
      return quotas.within(actor, async () => {
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
        born.push({ orgId: actor.orgId, at: nowMs });
        return { isNew: true };
      });
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    setAway: (value: boolean) => {
      isAway = value;
    },
  };
}

async function startMany(count: number, start: () => Promise<unknown>): Promise<number> {
  const settled = await Promise.allSettled(Array.from({ length: count }, start));
  return settled.filter(({ status }) => status === 'fulfilled').length;
}

it('asks nothing of anybody when no quota is set', async () => {
  const { quotas, start, setAway } = makeWorld({});
  setAway(true);
  expect(await startMany(10, () => start(quotas, key))).toBe(10);
  expect(await quotas.look(key)).toEqual([]);
});

it('lets each organisation start so many a day and no more, in all processes together', async () => {
  const { quotas, startProcess, start, pass, refused } = makeWorld({ perDay: 10 });
  const second = startProcess();
  expect(await startMany(9, () => start(quotas, key))).toBe(9);
  expect(await startMany(30, () => start(second, key))).toBe(1);
  expect(refused).toHaveLength(29);
  await expect(start(quotas, key)).rejects.toMatchObject({
    code: 'LIMITED',
    message:
      'Your organisation has started 10 of 10 runs (runs_per_day). There is room again at 2026-03-02T00:00:00.000Z.',
    details: { retryAfterSeconds: 43_200, limit: 'runs_per_day', used: 10, max: 10 },
  });
  expect(await startMany(1, () => start(quotas, other))).toBe(1);
  pass(12 * 3_600_000);
  expect(await startMany(30, () => start(quotas, key))).toBe(10);
});

it('goes by the database when hot state has lost the count, or is away', async () => {
  const { quotas, start, setAway } = makeWorld({ perDay: 10 });
  await startMany(6, () => start(quotas, key));
  const fresh = makeWorld({ perDay: 10 });
  fresh.born.push(...Array.from({ length: 6 }, () => ({ orgId: DEFAULT_ORG_ID, at: NOON })));
  fresh.born.push({ orgId: DEFAULT_ORG_ID, at: NOON - 13 * 3_600_000 });
  expect(await startMany(20, () => fresh.start(fresh.quotas, key))).toBe(4);
  setAway(true);
  for (let at = 0; at < 4; at += 1) await start(quotas, key);
  await expect(start(quotas, key)).rejects.toMatchObject({ code: 'LIMITED' });
});

it('gives back what started nothing', async () => {
  const { quotas, start } = makeWorld({ perDay: 2 });
  for (let at = 0; at < 5; at += 1) {
    await quotas.within(key, async () => ({ isNew: false }));
    await expect(quotas.within(key, () => Promise.reject(new Error('no such pipeline')))).rejects.toThrow(
      'no such',
    );
  }
  expect(await startMany(5, () => start(quotas, key))).toBe(2);
});

it('holds a key to so many a minute, and people not', async () => {
  const { quotas, start, pass } = makeWorld({ perKeyMinute: 6 });
  expect(await startMany(20, () => start(quotas, key))).toBe(6);
  expect(await startMany(1, () => start(quotas, { ...key, id: 'key_3' }))).toBe(1);
  expect(await startMany(20, () => start(quotas, { ...key, kind: 'person' }))).toBe(20);
  await expect(start(quotas, key)).rejects.toMatchObject({
    message:
      'The key "ci" has started 6 of 6 runs (runs_per_key_minute). There is room again at 2026-03-01T12:00:10.000Z.',
  });
  expect(await quotas.look(key)).toEqual([
    { name: 'runs_per_key_minute', limit: 6, used: 6, resetsAt: new Date(NOON + 60_000) },
  ]);
  pass(10_000);
  expect(await startMany(20, () => start(quotas, key))).toBe(1);
});

it('keeps to the number in flight however many start at once, and uses all of it', async () => {
  const { quotas, start, born, refused } = makeWorld({ inFlight: 10 });
  expect(await startMany(50, () => start(quotas, key))).toBe(10);
  expect(new Set(refused)).toEqual(new Set(['runs_in_flight']));
  born.pop();
  expect(await startMany(50, () => start(quotas, key))).toBe(1);
  expect(await quotas.look(key)).toEqual([{ name: 'runs_in_flight', limit: 10, used: 10, resetsAt: null }]);
  await expect(start(quotas, key)).rejects.toThrow('has 10 runs in flight, and may have 10');
});

it('lets those in who wait for a start that then fails', async () => {
  const { quotas, start } = makeWorld({ inFlight: 1 });
  const failing = quotas.within(key, async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    throw new Error('no such pipeline');
  });
  const waiting = start(quotas, key);
  await expect(failing).rejects.toThrow('no such pipeline');
  await expect(waiting).resolves.toEqual({ isNew: true });
});
