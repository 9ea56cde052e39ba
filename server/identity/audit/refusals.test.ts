import { expect, it } from 'vitest';
import { type Actor, LOCAL_OWNER, NOBODY } from '../actor.ts';
import { createRefusals } from './refusals.ts';

function makeWorld() {
  let nowMs = 1_790_000_000_000;
  const written: [string, string, string | null, unknown][] = [];
  const troubles: string[] = [];
  let isDown = false;
  const refusals = createRefusals({
    async record(actor, action, { target, after }) {
      if (isDown) throw new Error('the database is away');
      written.push([actor.id, action, target, after ?? null]);
    },
    now: () => nowMs,
    onTrouble: (message) => troubles.push(message),
  });
  return {
    refusals,
    written,
    troubles,
    pass: (ms: number) => {
      nowMs += ms;
    },
    setDown: (value: boolean) => {
      isDown = value;
    },
  };
}

const key: Actor = { ...LOCAL_OWNER, kind: 'key', id: 'key_1' };
const refusal = { action: 'access.refused', target: 'POST /api/v1/keys' };

it('writes the first refusal at once and the flood after it as numbers, one a minute', async () => {
  const { refusals, written, pass } = makeWorld();
  for (let at = 0; at < 10_000; at += 1) await refusals.note(key, refusal);
  expect(written).toEqual([['key_1', 'access.refused', 'POST /api/v1/keys', null]]);
  pass(59_999);
  await refusals.flush();
  expect(written).toHaveLength(1);
  pass(1);
  await refusals.flush();
  expect(written.slice(1)).toEqual([
    ['key_1', 'access.refused', 'POST /api/v1/keys', { count: 9999, seconds: 60 }],
  ]);
  await refusals.note(key, refusal);
  expect(written).toHaveLength(2);
  pass(60_000);
  await refusals.flush();
  expect(written.at(-1)?.[3]).toEqual({ count: 1, seconds: 60 });
  pass(60_000);
  await refusals.flush();
  expect(written).toHaveLength(3);
  // A quiet minute has passed: the next is a first one again.
  await refusals.note(key, refusal);
  expect(written.at(-1)?.[3]).toBeNull();
});

it('keeps actors and routes apart, but takes all strangers for one', async () => {
  const { refusals, written } = makeWorld();
  await refusals.note(key, refusal);
  await refusals.note({ ...key, id: 'key_2' }, refusal);
  await refusals.note(key, { ...refusal, target: 'GET /api/v1/audit' });
  expect(written).toHaveLength(3);
  for (let at = 0; at < 200; at += 1) {
    const from = { address: `192.0.2.${at}`, requestId: null, userAgent: null };
    await refusals.note({ ...NOBODY, from }, refusal);
  }
  expect(written).toHaveLength(4);
});

it('stays small when callers without number are refused', async () => {
  const { refusals, written } = makeWorld();
  for (let at = 0; at < 6000; at += 1) await refusals.note({ ...key, id: `key_${at}` }, refusal);
  expect(written).toHaveLength(5001);
  await refusals.stop();
  expect(written).toHaveLength(5002);
  expect(written.at(-1)?.slice(1)).toEqual(['access.refused', null, { count: 999, seconds: 0 }]);
});

it('writes what was counted when it stops, and never fails who was refused', async () => {
  const { refusals, written, troubles, setDown } = makeWorld();
  await refusals.note(key, refusal);
  await refusals.note(key, refusal);
  setDown(true);
  await refusals.note(key, { ...refusal, target: 'other' });
  expect(troubles).toHaveLength(1);
  setDown(false);
  await refusals.stop();
  expect(written.at(-1)?.[3]).toEqual({ count: 1, seconds: 0 });
});
