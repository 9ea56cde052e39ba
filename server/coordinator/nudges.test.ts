import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { makeId, type RunId } from '#server/domain/ids.ts';
import { CHANNEL } from '#server/redis/keys.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { createNudges, type Nudge } from './nudges.ts';

const run = (number: number): RunId => makeId('run', number.toString(16).padStart(32, '0'));
const EMPTY = { runs: [], slots: [], seats: false };
const PATIENCE = { timeout: 60_000, interval: 5 };

/** Two processes on one hot state; what the second hears, and every message that was sent. */
async function open() {
  const hot = createMemoryHotState();
  await hot.start();
  const sent: string[] = [];
  await hot.subscribe(CHANNEL.wakeCoordinators, (message) => void sent.push(message));
  const [one, two] = ['one', 'two'].map((me) => createNudges({ hot, me })) as [
    ReturnType<typeof createNudges>,
    ReturnType<typeof createNudges>,
  ];
  const heardByOne: Nudge[] = [];
  const heard: Nudge[] = [];
  await one.listen((nudge) => void heardByOne.push(nudge));
  await two.listen((nudge) => void heard.push(nudge));
  onTestFinished(async () => {
    await Promise.all([one.stop(), two.stop()]);
    await hot.stop();
  });
  return { hot, one, two, sent, heard, heardByOne };
}

describe('what processes tell each other', () => {
  test('is one message for whatever came together, with the newest revision of each run', async () => {
    const { one, two, sent, heard, heardByOne } = await open();
    for (let number = 0; number < 500; number += 1) one.send({ runs: [{ id: run(number), revision: 1 }] });
    one.send({ runs: [{ id: run(7), revision: 2 }], slots: ['a', 'b'] });
    one.send({ slots: ['a'], seats: true });
    await vi.waitFor(() => expect(heard).toHaveLength(1), PATIENCE);
    expect(heard[0]?.runs).toHaveLength(500);
    expect(heard[0]?.runs.find(({ id }) => id === run(7))).toEqual({ id: run(7), revision: 2 });
    expect(heard[0]).toMatchObject({ slots: ['a', 'b'], seats: true });
    two.send({ seats: true });
    await vi.waitFor(() => expect(heardByOne).toEqual([{ ...EMPTY, seats: true }]), PATIENCE);
    // Nobody hears itself, and nothing was said twice.
    expect(heard).toHaveLength(1);
    expect(sent).toHaveLength(2);
  });

  test('has an end however much comes: the rest is found by the clock', async () => {
    const { one, heard } = await open();
    for (let number = 0; number < 5000; number += 1) {
      one.send({ runs: [{ id: run(number), revision: 1 }], slots: [`slot ${number}`] });
    }
    await vi.waitFor(() => expect(heard).toHaveLength(1), PATIENCE);
    expect(heard[0]?.runs).toHaveLength(1000);
    expect(heard[0]?.slots).toHaveLength(1000);
  });

  test.each([
    ['no JSON', 'wake up'],
    ['something else', '{"from":3}'],
    ['a run that is none', '{"from":"three","runs":[["run_1; DROP TABLE runs",1]]}'],
  ])('is not heard when it is %s', async (_, text) => {
    const { hot, one, heard } = await open();
    await hot.publish(CHANNEL.wakeCoordinators, text);
    one.send({ seats: true });
    await vi.waitFor(() => expect(heard).toEqual([{ ...EMPTY, seats: true }]), PATIENCE);
  });
});
