import { describe, expect, test, vi } from 'vitest';
import { SignalboxError } from '#server/domain/errors.ts';
import { DEFAULT_ORG_ID, makeId, type RunId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { PAYLOAD_NAME, type PayloadRef } from '#server/domain/payload-ref.ts';
import { createAnteroom, letGo } from './anteroom.ts';
import { groupByRuns } from './aside.ts';
import type { Unit } from './intake.ts';
import type { BatchNeeds, LargePayloads } from './needs.ts';

const runNumber = (number: number): RunId => makeId('run', number.toString(16).padStart(32, '0'));

function unitOf(...runs: number[]): Unit {
  const entries = runs.map((run) => ({
    runId: runNumber(run),
    happening: { type: 'tick' as const },
    reply: () => undefined,
  }));
  return { entries, fail: () => undefined };
}

function refTo(number: number, bytes: number): PayloadRef {
  const $object = number.toString(16).padStart(64, '0');
  return { $object, bytes, contentType: 'application/json', name: PAYLOAD_NAME };
}

const needs = (run: number, refs: PayloadRef[], texts: string[] = []): BatchNeeds =>
  new Map([[runNumber(run), { orgId: DEFAULT_ORG_ID, refs, texts }]]);

const MIB = 1024 * 1024;

/** An object store whose answers a test gives. */
function openRoom(load: (ref: PayloadRef) => Promise<Json>) {
  const ready: Unit[][] = [];
  const failed: unknown[] = [];
  const troubles: string[] = [];
  const loads: string[] = [];
  const payloads: LargePayloads = {
    inlineMaxBytes: 100,
    maxBytes: MIB,
    load(ref) {
      loads.push(ref.$object);
      return load(ref);
    },
    storeText: async (_owner, text) => refTo(99, text.length),
    whyUnreadable: (_value, error) =>
      error instanceof SignalboxError && error.code === 'NOT_FOUND' ? error.message : null,
  };
  const room = createAnteroom({
    payloads,
    onReady: (units) => ready.push([...units]),
    onFailed: (_units, error) => failed.push(error),
    onTrouble: (message) => troubles.push(message),
  });
  return { room, ready, failed, troubles, loads };
}

const settled = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 5 });

describe('the anteroom', () => {
  test('brings units back with what they needed: values opened and texts stored', async () => {
    const { room, ready } = openRoom(async () => ({ n: 1 }));
    const unit = unitOf(1);
    room.wait([unit], needs(1, [refTo(1, 10)], ['a text']));
    expect(room.size()).toBe(1);
    await settled(() => expect(ready).toEqual([[unit]]));
    expect(unit.atHand?.values.get(refTo(1, 10).$object)).toEqual({ ok: true, value: { n: 1 } });
    expect(unit.atHand?.stored.get('a text')).toMatchObject({ bytes: 6 });
    expect(room.size()).toBe(0);
  });

  test('keeps what units had when they come again for more', async () => {
    const { room, ready } = openRoom(async (ref) => ref.bytes);
    const unit = unitOf(1);
    room.wait([unit], needs(1, [refTo(1, 10)], ['one']));
    await settled(() => expect(ready).toHaveLength(1));
    room.wait([unit], needs(1, [refTo(2, 20)], ['two']));
    await settled(() => expect(ready).toHaveLength(2));
    expect(unit.atHand?.values.size).toBe(2);
    expect([...(unit.atHand?.stored.keys() ?? [])]).toEqual(['one', 'two']);
  });

  test('waits out a store that is away, and holds up nobody else', async () => {
    let isAway = true;
    const { room, ready, troubles } = openRoom(async (ref) => {
      if (isAway && ref.bytes === 10) throw new SignalboxError('UNAVAILABLE', 'away');
      return null;
    });
    const [waits, goes] = [unitOf(1), unitOf(2)];
    room.wait([waits, goes], new Map([...needs(1, [refTo(1, 10)]), ...needs(2, [refTo(2, 20)])]));
    await settled(() => expect(ready).toEqual([[goes]]));
    await settled(() => expect(troubles.length).toBeGreaterThan(1));
    isAway = false;
    await settled(() => expect(ready).toEqual([[goes], [waits]]));
  });

  test('fails what waits for a store that is away once it is to end', async () => {
    const { room, failed } = openRoom(() => Promise.reject(new SignalboxError('UNAVAILABLE', 'away')));
    room.wait([unitOf(1)], needs(1, [refTo(1, 10)]));
    room.hurry();
    await settled(() => expect(failed).toMatchObject([{ code: 'UNAVAILABLE' }]));
    expect(room.size()).toBe(0);
  });

  test('says of a value that is gone that it is, and does not wait for it', async () => {
    const { room, ready } = openRoom(() => Promise.reject(new SignalboxError('NOT_FOUND', 'It is gone.')));
    const unit = unitOf(1);
    room.wait([unit], needs(1, [refTo(1, 10)]));
    await settled(() => expect(ready).toHaveLength(1));
    expect(unit.atHand?.values.get(refTo(1, 10).$object)).toEqual({ ok: false, message: 'It is gone.' });
  });

  test('lets units take turns with values that would be too much together', async () => {
    const { room, ready } = openRoom(async () => null);
    const [first, second] = [unitOf(1), unitOf(2)];
    room.wait([first], needs(1, [refTo(1, 200 * MIB)]));
    room.wait([second], needs(2, [refTo(2, 200 * MIB)]));
    await settled(() => expect(ready).toEqual([[first]]));
    expect(room.size()).toBe(1);
    letGo(first);
    await settled(() => expect(ready).toEqual([[first], [second]]));
  });

  test('opens no more for one step than the heap bears, and says so of the rest', async () => {
    const { room, ready, loads } = openRoom(async () => null);
    const unit = unitOf(1);
    room.wait([unit], needs(1, [refTo(1, 200 * MIB), refTo(2, 100 * MIB)]));
    await settled(() => expect(ready).toHaveLength(1));
    expect(loads).toHaveLength(1);
    expect(unit.atHand?.values.get(refTo(2, 0).$object)).toMatchObject({
      ok: false,
      message: expect.stringContaining('256 MiB'),
    });
  });

  test('asks the store once for what it has just had', async () => {
    const { room, ready, loads } = openRoom(async () => 'value');
    room.wait([unitOf(1)], needs(1, [refTo(1, 10)]));
    await settled(() => expect(ready).toHaveLength(1));
    room.wait([unitOf(2)], needs(2, [refTo(1, 10)]));
    await settled(() => expect(ready).toHaveLength(2));
    expect(loads).toHaveLength(1);
  });
});

describe('units that share runs', () => {
  test('are one group, in order, also where only a third one joins them', () => {
    const units = [unitOf(1), unitOf(2), unitOf(3), unitOf(1, 3), unitOf(2), unitOf(4)];
    const at = (group: Unit[]) => group.map((unit) => units.indexOf(unit));
    expect(groupByRuns(units).map(at)).toEqual([[0, 2, 3], [1, 4], [5]]);
  });

  test('are grouped in one go, however many they are', () => {
    const many = Array.from({ length: 2000 }, (_, at) => unitOf(at % 7));
    expect(groupByRuns(many).map((group) => group.length)).toEqual(
      [...Array(7).keys()].map((at) => Math.ceil((2000 - at) / 7)),
    );
  });
});
