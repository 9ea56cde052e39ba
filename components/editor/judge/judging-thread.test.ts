import { expect, test } from 'vitest';
import { judging, type Thread } from './judging-thread.ts';

/** Threads that answer and die when they are told to, and a clock that moves when it is told to. */
function makeRig() {
  const threads: { asked: string[]; isStopped: boolean; say(verdict: string): void; die(): void }[] = [];
  const waits: { ms: number; run(): void }[] = [];
  const told: string[] = [];
  const alive: boolean[] = [];
  const open = (): Thread<string, string> => {
    const thread = { asked: [] as string[], isStopped: false, say: (_: string) => {}, die: () => {} };
    threads.push(thread);
    return {
      ask: (question) => void thread.asked.push(question),
      stop() {
        thread.isStopped = true;
      },
      onVerdict(tell) {
        thread.say = tell;
      },
      onEnd(tell) {
        thread.die = tell;
      },
    };
  };
  const judge = judging<string, string>({
    open,
    after(ms, run) {
      const wait = { ms, run };
      waits.push(wait);
      return () => void waits.splice(waits.indexOf(wait), 1);
    },
    tell: (verdict) => void told.push(verdict),
    tellIsAlive: (isAlive) => void alive.push(isAlive),
  });
  return { judge, threads, waits, told, alive };
}

test('one question at a time, and then the newest', () => {
  const { judge, threads, told } = makeRig();
  for (const question of ['a', 'b', 'c']) judge.ask(question);
  threads[0]?.say('of a');
  threads[0]?.say('of c');
  expect(threads[0]?.asked).toEqual(['a', 'c']);
  expect(told).toEqual(['of a', 'of c']);
});

test('a thread that dies over a question is followed by another that is asked the newest, and it is said meanwhile', () => {
  const { judge, threads, waits, told, alive } = makeRig();
  judge.ask('a');
  threads[0]?.die();
  expect(threads[0]?.isStopped).toBe(true);
  expect(alive.at(-1)).toBe(false);
  judge.ask('b');
  expect(threads).toHaveLength(1);
  waits.shift()?.run();
  expect(threads[1]?.asked).toEqual(['b']);
  threads[1]?.say('of b');
  expect([alive.at(-1), told]).toEqual([true, ['of b']]);
});

test('threads that die one after the other come ever more seldom, and none after the end', () => {
  const { judge, threads, waits } = makeRig();
  judge.ask('a');
  const pauses: number[] = [];
  for (let death = 0; death < 6; death++) {
    threads.at(-1)?.die();
    const wait = waits.shift();
    pauses.push(wait?.ms ?? 0);
    wait?.run();
  }
  expect(pauses).toEqual(pauses.toSorted((one, other) => one - other));
  expect(pauses.at(-1)).toBeGreaterThan(pauses[0] ?? 0);
  threads.at(-1)?.die();
  judge.stop();
  expect(waits).toEqual([]);
});
