import { describe, expect, test } from 'vitest';
import { createPace } from './pace.ts';

const EVERY_MS = 100;

/** A clock that moves when it is told to, and answers that come when they are told to. */
function makeRig() {
  let now = 0;
  let asked = 0;
  let answers: (() => void)[] = [];
  let timers: { at: number; run: () => void }[] = [];
  const pace = createPace({
    ask() {
      asked += 1;
      return new Promise<void>((resolve) => answers.push(resolve));
    },
    everyMs: () => EVERY_MS,
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
  });
  return {
    pace,
    asked: () => asked,
    async answer() {
      const due = answers;
      answers = [];
      for (const resolve of due) resolve();
      for (let i = 0; i < 5; i++) await Promise.resolve();
    },
    pass(ms: number) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
    },
  };
}

/** News comes, and is answered before more of it does. */
async function step({ pace, answer }: ReturnType<typeof makeRig>) {
  pace.moved();
  await answer();
}

describe('what is shown is asked for anew', () => {
  test('at once, a few times in a row, and then as often as it may', async () => {
    const rig = makeRig();
    for (let at = 0; at < 5; at++) await step(rig);
    expect(rig.asked()).toBe(3);
    rig.pass(EVERY_MS - 1);
    expect(rig.asked()).toBe(3);
    rig.pass(1);
    await rig.answer();
    expect(rig.asked()).toBe(4);
  });

  test('at once again after a while of silence', async () => {
    const rig = makeRig();
    for (let at = 0; at < 3; at++) await step(rig);
    rig.pass(3 * EVERY_MS);
    for (let at = 0; at < 3; at++) await step(rig);
    expect(rig.asked()).toBe(6);
  });

  test('never twice at a time, and once more for all that came meanwhile', async () => {
    const rig = makeRig();
    for (let at = 0; at < 10; at++) rig.pace.moved();
    expect(rig.asked()).toBe(1);
    await rig.answer();
    expect(rig.asked()).toBe(2);
    await rig.answer();
    expect(rig.asked()).toBe(2);
  });

  test('no more often than it may, however much news there is', async () => {
    const rig = makeRig();
    for (let ms = 0; ms < 5000; ms++) {
      await step(rig);
      rig.pass(1);
    }
    expect(rig.asked()).toBeLessThanOrEqual(53);
    expect(rig.asked()).toBeGreaterThanOrEqual(50);
  });

  test('no more once it is stopped', async () => {
    const rig = makeRig();
    for (let at = 0; at < 4; at++) await step(rig);
    rig.pace.stop();
    rig.pass(10 * EVERY_MS);
    expect(rig.asked()).toBe(3);
  });
});
