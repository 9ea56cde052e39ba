import { expect, it } from 'vitest';
import { SignalboxError } from '#server/domain/errors.ts';
import type { UserId } from '#server/domain/ids.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { type Actor, LOCAL_OWNER, NOBODY } from '../actor.ts';
import { createRates, type Rates } from './rates.ts';

const PER_MINUTE = { reads: 60, writes: 20, agents: 100, 'sign-ins': 5 };

function makeWorld(options: { isLocalOnly?: boolean } = {}) {
  let nowMs = 1_790_000_000_000;
  let asked = 0;
  let isAway = false;
  const now = () => nowMs;
  const shared = createMemoryHotState({ now });
  const refused: string[] = [];
  const startProcess = (): Rates =>
    createRates({
      hot: {
        async draw(...given) {
          asked += 1;
          if (isAway) throw new SignalboxError('UNAVAILABLE', 'Redis is away.');
          return shared.draw(...given);
        },
      },
      local: createMemoryHotState({ now }),
      perMinute: PER_MINUTE,
      isLocalOnly: options.isLocalOnly ?? false,
      now,
      onLimited: (what) => refused.push(what),
    });
  return {
    rates: startProcess(),
    startProcess,
    refused,
    asked: () => asked,
    pass: (ms: number) => {
      nowMs += ms;
    },
    setAway: (value: boolean) => {
      isAway = value;
    },
  };
}

const strangerAt = (address: string): Actor => ({
  ...NOBODY,
  from: { address, requestId: null, userAgent: null },
});
const keyOf = (userId: string, id: string): Actor => ({
  ...LOCAL_OWNER,
  ...{ kind: 'key', id, userId: userId as UserId, from: strangerAt('192.0.2.9').from },
});
const key = keyOf('user_1', 'key_1');

async function isLet(rates: Rates, actor: Actor, charges = { reads: 1 } as object): Promise<boolean> {
  return (await rates.admit(actor, charges)).refusal === null;
}

async function letThrough(count: number, ask: () => Promise<boolean>): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, ask));
  return answers.filter(Boolean).length;
}

const mayTry = (rates: Rates, address: string, account: string | null) => () =>
  rates.attempt(strangerAt(address), account).then(
    () => true,
    () => false,
  );

it('lets exactly one through of many that come at once when one is left', async () => {
  const { rates, refused } = makeWorld();
  expect(await letThrough(59, () => isLet(rates, key))).toBe(59);
  expect(await letThrough(100, () => isLet(rates, key))).toBe(1);
  expect(refused).toHaveLength(99);
});

it('holds one limit over two processes', async () => {
  const { rates, startProcess } = makeWorld();
  const other = startProcess();
  const both = [rates, other];
  let turn = 0;
  expect(await letThrough(200, () => isLet(both[turn++ % 2] ?? rates, key))).toBe(60);
});

it('gives no second burst at the turn of a window', async () => {
  const { rates, pass } = makeWorld();
  pass(59_900);
  expect(await letThrough(200, () => isLet(rates, key))).toBe(60);
  pass(200);
  expect(await letThrough(200, () => isLet(rates, key))).toBe(0);
  // One comes back each second.
  pass(800);
  expect(await letThrough(200, () => isLet(rates, key))).toBe(1);
  pass(3_600_000);
  expect(await letThrough(200, () => isLet(rates, key))).toBe(60);
});

it('says when to come again, and is right', async () => {
  const { rates, pass } = makeWorld();
  await letThrough(20, () => isLet(rates, key, { writes: 1 }));
  const { refusal, standings } = await rates.admit(key, { writes: 2 });
  expect(refusal).toMatchObject({ code: 'LIMITED', details: { retryAfterSeconds: 6, limit: 'writes' } });
  expect(standings[0]).toEqual({
    policy: 'writes',
    limit: 20,
    windowSeconds: 60,
    left: 0,
    fullInSeconds: 60,
  });
  pass(5900);
  expect(await isLet(rates, key, { writes: 2 })).toBe(false);
  pass(100);
  expect(await isLet(rates, key, { writes: 2 })).toBe(true);
});

it('counts all keys of one account together too', async () => {
  const { rates, refused } = makeWorld();
  let total = 0;
  for (let at = 0; at < 20; at += 1) {
    const mine = keyOf('user_1', `key_${at}`);
    total += await letThrough(60, () => isLet(rates, mine));
  }
  expect(total).toBe(600);
  expect(new Set(refused)).toEqual(new Set(['reads-of-account']));
  expect(await isLet(rates, keyOf('user_2', 'key_99'))).toBe(true);
});

it('counts strangers by address, and all of one /64 as one', async () => {
  const { rates } = makeWorld();
  let at = 0;
  const rotating = () => isLet(rates, strangerAt(`2001:db8:0:1::${(at++).toString(16)}`));
  expect(await letThrough(300, rotating)).toBe(60);
  expect(await isLet(rates, strangerAt('2001:db8:0:2::1'))).toBe(true);
});

it('counts classes apart', async () => {
  const { rates } = makeWorld();
  expect(await letThrough(30, () => isLet(rates, key, { writes: 1 }))).toBe(20);
  expect(await isLet(rates, key, { reads: 1 })).toBe(true);
  expect(await isLet(rates, key, { agents: 1 })).toBe(true);
  expect(await isLet(rates, key, { reads: 1, writes: 1 })).toBe(false);
});

it('never limits the owner of the data folder, and nobody on a machine that only it reaches', async () => {
  const { rates, asked } = makeWorld();
  expect(await letThrough(500, () => isLet(rates, LOCAL_OWNER))).toBe(500);
  expect(asked()).toBe(0);
  const home = makeWorld({ isLocalOnly: true });
  const here = { ...key, from: strangerAt('127.0.0.1').from };
  expect(await letThrough(500, () => isLet(home.rates, here))).toBe(500);
  expect(home.asked()).toBe(0);
  expect(await letThrough(500, () => isLet(home.rates, key))).toBe(60);
});

it('goes on from a bucket of the process while hot state is away, and does not ask it each time', async () => {
  const { rates, asked, setAway, pass } = makeWorld();
  expect(await letThrough(60, () => isLet(rates, strangerAt('192.0.2.1')))).toBe(60);
  setAway(true);
  expect(await isLet(rates, strangerAt('192.0.2.1'))).toBe(true);
  const before = asked();
  expect(await letThrough(200, () => isLet(rates, strangerAt('192.0.2.1')))).toBe(59);
  expect(asked()).toBe(before);
  setAway(false);
  pass(1000);
  await isLet(rates, strangerAt('192.0.2.1'));
  expect(asked()).toBe(before + 1);
});

it('lets nobody guess more because hot state went away', async () => {
  const { rates, setAway } = makeWorld();
  expect(await letThrough(5, mayTry(rates, '192.0.2.1', null))).toBe(5);
  setAway(true);
  expect(await letThrough(50, mayTry(rates, '192.0.2.1', null))).toBe(0);
  expect(await letThrough(50, mayTry(rates, '192.0.2.2', 'user_2'))).toBe(5);
  setAway(false);
  expect(await letThrough(50, mayTry(rates, '192.0.2.2', null))).toBe(0);
});

it('counts attempts by address and by account', async () => {
  const { rates } = makeWorld({ isLocalOnly: true });
  let at = 0;
  // One account from many addresses.
  const rotating = () => mayTry(rates, `198.51.100.${at++}`, 'user_1')();
  expect(await letThrough(50, rotating)).toBe(5);
  // Many accounts from one address.
  const spraying = () => mayTry(rates, '203.0.113.1', `user_${at++}`)();
  expect(await letThrough(50, spraying)).toBe(5);
  // This machine is no address of a stranger, but an account is one anywhere.
  const home = () => mayTry(rates, '127.0.0.1', `user_${at++}`)();
  expect(await letThrough(50, home)).toBe(50);
  expect(await letThrough(50, mayTry(rates, '127.0.0.1', 'user_x'))).toBe(5);
});

it('shows how somebody stands without counting', async () => {
  const { rates } = makeWorld();
  await isLet(rates, key);
  const stands = async () => (await rates.look(key)).map(({ policy, left }) => [policy, left]);
  expect(await stands()).toEqual(await stands());
  expect(await stands()).toEqual([
    ['reads', 59],
    ['reads-of-account', 599],
    ['writes', 20],
    ['writes-of-account', 200],
    ['agents', 100],
    ['agents-of-account', 1000],
  ]);
  expect(await rates.look(LOCAL_OWNER)).toEqual([]);
});
