import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CHANNEL, KEY, LOCK, PRESENCE } from './keys.ts';
import type { HotState } from './port.ts';

export interface HotStateHarness {
  /** Started, and with keys that no other test uses. */
  state: HotState;
  /** Makes names that no other test uses. */
  unique(name: string): string;
  /** Lets this much time pass for what expires. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

type Use = () => HotStateHarness;

export function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout: 60_000, interval: 5 });
}

/** The promises of port.ts, held to every adapter alike. */
export function describeHotStateContract(name: string, makeHarness: () => Promise<HotStateHarness>): void {
  describe(`hot state contract: ${name}`, { timeout: 180_000 }, () => {
    let harness: HotStateHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(async () => {
      await harness.close();
    });
    const use = (): HotStateHarness => harness;
    describeValues(use);
    describeBudgets(use);
    describeMessages(use);
    describeStreams(use);
    describePresence(use);
    describeLocks(use);
  });
}

function describeValues(use: Use): void {
  it('says how full it is where it has a limit', async () => {
    const share = await use().state.fullness();
    expect(share === null || (share > 0 && share < 2)).toBe(true);
  });

  it('keeps, replaces and deletes a value', async () => {
    const { state, unique } = use();
    const key = KEY.workspaceContent('org', unique('value'));
    expect(await state.get(key)).toBeNull();
    await state.set(key, 'one');
    await state.set(key, 'two ✓');
    expect(await state.get(key)).toBe('two ✓');
    expect(await state.delete(key)).toBe(true);
    expect(await state.delete(key)).toBe(false);
    expect(await state.get(key)).toBeNull();
  });

  it('forgets a value after its time, and takes the time away when it is written anew without one', async () => {
    const { state, unique, pass } = use();
    const [short, kept] = [
      KEY.workspaceContent('org', unique('short')),
      KEY.workspaceContent('org', unique('kept')),
    ];
    await state.set(short, 'soon gone', 40);
    await state.set(kept, 'was short', 40);
    await state.set(kept, 'stays');
    await pass(60);
    expect(await state.get(short)).toBeNull();
    expect(await state.get(kept)).toBe('stays');
  });

  it('keeps a value that is asked for with a time from then on, and knows none that was not there', async () => {
    const { state, unique, pass } = use();
    const [used, unused] = [
      KEY.workspaceContent('org', unique('used')),
      KEY.workspaceContent('org', unique('unused')),
    ];
    await state.set(used, 'asked for', 2500);
    await state.set(unused, 'not asked for', 2500);
    expect(await state.get(used, 3_600_000)).toBe('asked for');
    expect(await state.get(unused)).toBe('not asked for');
    await pass(2600);
    expect(await state.get(used)).toBe('asked for');
    expect(await state.get(unused, 3_600_000)).toBeNull();
    expect(await state.get(unused)).toBeNull();
  });

  it('counts from zero, exactly under concurrency, and starts again when the window has passed', async () => {
    const { state, unique, pass } = use();
    const key = KEY.mcpFaults(unique('calls'));
    const values = await Promise.all(Array.from({ length: 50 }, () => state.increment(key, 2, 60_000)));
    expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => (i + 1) * 2));
    const window = KEY.mcpFaults(unique('window'));
    expect(await state.increment(window, 1, 2500)).toBe(1);
    await pass(300);
    expect(await state.increment(window, 1, 2500)).toBe(2);
    await pass(2500);
    expect(await state.increment(window, 1, 2500)).toBe(1);
  });
}

function describeBudgets(use: Use): void {
  const bucket = { size: 10, windowMs: 600_000 };

  it('gives from a bucket exactly what it holds, however many ask at once', async () => {
    const { state, unique } = use();
    const key = KEY.rate('reads', unique('caller'));
    expect(await state.draw(key, bucket, 0)).toEqual({ isTaken: true, left: 10, waitMs: 0, fullInMs: 0 });
    const draws = await Promise.all(Array.from({ length: 30 }, () => state.draw(key, bucket, 1)));
    const taken = draws.filter(({ isTaken }) => isTaken);
    expect(taken.map(({ left }) => left).toSorted((a, b) => b - a)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    const refused = await state.draw(key, bucket, 1);
    expect(refused).toMatchObject({ isTaken: false, left: 0 });
    // One comes back each minute.
    expect(refused.waitMs).toBeGreaterThan(0);
    expect(refused.waitMs).toBeLessThanOrEqual(60_000);
    expect(refused.fullInMs).toBeGreaterThan(540_000);
    expect((await state.draw(KEY.rate('reads', unique('other')), bucket, 1)).isTaken).toBe(true);
  });

  it('takes all of a cost or nothing', async () => {
    const { state, unique } = use();
    const key = KEY.rate('writes', unique('caller'));
    expect(await state.draw(key, bucket, 7)).toMatchObject({ isTaken: true, left: 3 });
    expect(await state.draw(key, bucket, 4)).toMatchObject({ isTaken: false, left: 3 });
    expect(await state.draw(key, bucket, 3)).toMatchObject({ isTaken: true, left: 0 });
    expect(await state.draw(KEY.rate('writes', unique('whole')), bucket, 11)).toMatchObject({
      isTaken: false,
    });
  });

  it('fills a bucket evenly, and never past its size', async () => {
    const { state, unique, pass } = use();
    const key = KEY.rate('agents', unique('caller'));
    const slow = { size: 2, windowMs: 6000 };
    expect((await state.draw(key, slow, 2)).isTaken).toBe(true);
    const { isTaken, waitMs } = await state.draw(key, slow, 1);
    if (!isTaken) await pass(waitMs + 50);
    expect((await state.draw(key, slow, 1)).isTaken).toBe(true);
    await pass(7000);
    expect(await state.draw(key, slow, 3)).toMatchObject({ isTaken: false, left: 2, fullInMs: 0 });
  });

  it('reserves up to a bound exactly, from what was counted, and takes back', async () => {
    const { state, unique } = use();
    const key = KEY.quota('runs', unique('org'));
    const wish = { by: 1, max: 10, ttlMs: 600_000 };
    expect(await state.reserve(key, wish)).toBeNull();
    expect(await state.reserve(key, { ...wish, by: -1 })).toBeNull();
    // Each has counted for itself; only the first one's count is taken.
    const tries = await Promise.all(
      Array.from({ length: 20 }, () => state.reserve(key, { ...wish, from: 4 })),
    );
    expect(tries.filter((each) => each?.isTaken)).toHaveLength(6);
    expect(await state.reserve(key, wish)).toEqual({ isTaken: false, used: 10 });
    expect(await state.reserve(key, { ...wish, by: -1 })).toEqual({ isTaken: true, used: 9 });
    expect(await state.reserve(key, wish)).toEqual({ isTaken: true, used: 10 });
  });

  it('forgets a reserved count when its time is over', async () => {
    const { state, unique, pass } = use();
    const key = KEY.quota('runs', unique('org'));
    expect(await state.reserve(key, { by: 1, max: 5, ttlMs: 40, from: 0 })).toEqual({
      isTaken: true,
      used: 1,
    });
    await pass(80);
    expect(await state.reserve(key, { by: 1, max: 5, ttlMs: 40 })).toBeNull();
  });
}

function describeMessages(use: Use): void {
  it('delivers to each subscriber of a channel once, in order, with the channel', async () => {
    const { state, unique } = use();
    const channel = CHANNEL.orgEvents(unique('run'));
    const heard: string[] = [];
    await state.subscribe(channel, (message, on) => heard.push(`a ${message} ${on}`));
    await state.subscribe(channel, (message) => heard.push(`b ${message}`));
    await state.subscribe(CHANNEL.orgEvents(unique('other')), (message) => heard.push(`never ${message}`));
    expect(await state.publish(channel, '1')).toBe(true);
    await state.publish(channel, '2:with:colons');
    const expected = [`a 1 ${channel}`, 'b 1', `a 2:with:colons ${channel}`, 'b 2:with:colons'];
    await eventually(() => expect(heard).toEqual(expected));
    await state.publish(channel, 'last');
    await eventually(() => expect(heard.filter((line) => line.includes('last'))).toHaveLength(2));
    expect(heard).toHaveLength(6);
  });

  it('delivers by pattern, and stops when told', async () => {
    const { state, unique } = use();
    const topic = unique('topic');
    const at = (end: string) => CHANNEL.workspace(`${topic}:${end}`);
    const heard: string[] = [];
    const stop = await state.subscribePattern(at('*:end'), (message, channel) =>
      heard.push(channel + message),
    );
    await state.publish(at('1:end'), '!');
    await state.publish(at('1:start'), '!');
    await eventually(() => expect(heard).toEqual([`${at('1:end')}!`]));
    await stop();
    await state.publish(at('2:end'), '!');
    const control = CHANNEL.workspace(unique('control'));
    await state.subscribe(control, (message) => heard.push(message));
    await state.publish(control, 'after');
    await eventually(() => expect(heard).toEqual([`${at('1:end')}!`, 'after']));
  });

  it('keeps the others hearing when one stops or throws', async () => {
    const { state, unique } = use();
    const channel = CHANNEL.workspace(unique('channel'));
    const heard: string[] = [];
    const stop = await state.subscribe(channel, () => heard.push('stopped'));
    await state.subscribe(channel, () => {
      throw new Error('a bug of the handler');
    });
    await state.subscribe(channel, (message) => heard.push(message));
    await stop();
    await stop();
    await state.publish(channel, 'still here');
    await eventually(() => expect(heard).toEqual(['still here']));
  });
}

function describeStreams(use: Use): void {
  const cap = { maxEntries: 100, ttlSeconds: 600 };

  it('reads a stream on from the last entry seen', async () => {
    const { state, unique } = use();
    const key = KEY.runProgress(unique('run'));
    expect(await state.readStream(key, null, 10)).toEqual([]);
    const ids: string[] = [];
    for (let i = 0; i < 5; i++)
      ids.push(await state.appendStream(key, { n: String(i), text: `café ${i}` }, cap));
    const all = await state.readStream(key, null, 10);
    expect(all.map((entry) => entry.id)).toEqual(ids);
    expect(all[4]?.fields).toEqual({ n: '4', text: 'café 4' });
    expect((await state.readStream(key, null, 2)).map((entry) => entry.fields.n)).toEqual(['0', '1']);
    expect((await state.readStream(key, ids[1] ?? '', 2)).map((entry) => entry.fields.n)).toEqual(['2', '3']);
    expect(await state.readStream(key, ids[4] ?? '', 10)).toEqual([]);
  });

  it('keeps no more than its cap, the newest', async () => {
    const { state, unique } = use();
    const key = KEY.runProgress(unique('run'));
    const writes = Array.from({ length: 250 }, (_, i) => state.appendStream(key, { n: String(i) }, cap));
    expect(new Set(await Promise.all(writes)).size).toBe(250);
    const kept = await state.readStream(key, null, 1000);
    expect(kept.map((entry) => entry.fields.n)).toEqual(
      Array.from({ length: 100 }, (_, i) => String(i + 150)),
    );
  });

  it('forgets a stream that nobody adds to', async () => {
    const { state, unique, pass } = use();
    const key = KEY.runProgress(unique('run'));
    await state.appendStream(key, { n: '1' }, { maxEntries: 10, ttlSeconds: 3 });
    expect(await state.readStream(key, null, 10)).toHaveLength(1);
    await pass(3100);
    expect(await state.readStream(key, null, 10)).toEqual([]);
  });
}

function describePresence(use: Use): void {
  it('lists who has beaten lately, with what they last said', async () => {
    const { state, unique, pass } = use();
    const kind = PRESENCE.mcpCallers(unique('server'));
    await state.beat(kind, { id: 'a1', data: 'load 1', ttlMs: 60_000 });
    await state.beat(kind, { id: 'a1', data: 'load 2', ttlMs: 60_000 });
    await state.beat(kind, { id: 'a2', data: 'short', ttlMs: 1500 });
    await state.beat(PRESENCE.mcpCallers(unique('other')), { id: 'a3', data: '', ttlMs: 60_000 });
    const present = await state.listPresent(kind);
    expect(present.map(({ id, data }) => [id, data]).toSorted()).toEqual([
      ['a1', 'load 2'],
      ['a2', 'short'],
    ]);
    for (const { expiresAt } of present) expect(expiresAt).toEqual(expect.any(Number));
    await pass(1600);
    expect((await state.listPresent(kind)).map(({ id }) => id)).toEqual(['a1']);
    await state.leave(kind, 'a1');
    await state.leave(kind, 'never there');
    expect(await state.listPresent(kind)).toEqual([]);
  });
}

function describeLocks(use: Use): void {
  it('gives a lock to one of many, with a token higher than any before', async () => {
    const { state, unique } = use();
    const name = LOCK.agentProbe(unique('agent'), 1);
    let last = 0;
    for (let round = 0; round < 5; round++) {
      const tries = Array.from({ length: 10 }, (_, i) => state.acquireLock(name, `owner:${i}`, 60_000));
      const [lock, ...more] = (await Promise.all(tries)).filter((each) => each !== null);
      expect(more).toEqual([]);
      expect(lock?.token).toBeGreaterThan(last);
      expect(Number.isSafeInteger(lock?.token)).toBe(true);
      last = lock?.token ?? 0;
      expect(lock && (await state.releaseLock(lock))).toBe(true);
    }
  });

  it('lets only the holder renew and release, and nobody once it has expired', async () => {
    const { state, unique, pass } = use();
    const name = LOCK.agentProbe(unique('agent'), 1);
    const first = await state.acquireLock(name, 'me', 1000);
    expect(first).toMatchObject({ name, owner: 'me' });
    if (!first) return;
    expect(await state.renewLock({ ...first, token: first.token - 1 }, 60)).toBe(false);
    expect(await state.renewLock(first, 4000)).toBe(true);
    await pass(1200);
    expect(await state.acquireLock(name, 'you', 60)).toBeNull();
    await pass(3000);
    const second = await state.acquireLock(name, 'you', 60_000);
    expect(second?.token).toBeGreaterThan(first.token);
    expect(await state.renewLock(first, 60)).toBe(false);
    expect(await state.releaseLock(first)).toBe(false);
    expect(second && (await state.renewLock(second, 60_000))).toBe(true);
  });
}
