import { expect, test } from 'vitest';
import { DEFAULT_ORG_ID, type RunId } from '#server/domain/ids.ts';
import { createAnnouncer } from './announcer.ts';
import { readNudge } from './nudge.ts';

const run = (at: number) => `run_${String(at).padStart(32, '0')}` as RunId;

function listen(now = Date.now) {
  const messages: string[] = [];
  const hot = {
    publish: async (_: string, message: string) => {
      messages.push(message);
      return true;
    },
  };
  return { messages, announcer: createAnnouncer({ hot, now }) };
}

test('a thousand commits of a few runs are one message with the last number of each', () => {
  const { messages, announcer } = listen();
  for (let seq = 1; seq <= 1000; seq += 1) {
    announcer.moved({ orgId: DEFAULT_ORG_ID, id: run(seq % 3), pipelineId: null, seq });
  }
  announcer.stop();
  expect(messages.map(readNudge)).toEqual([
    [
      [run(1), null, 1000],
      [run(2), null, 998],
      [run(0), null, 999],
    ],
  ]);
});

test('a clock that is set back by a day stops nothing', async () => {
  let nowMs = 86_400_000;
  const { messages, announcer } = listen(() => nowMs);
  const move = () => announcer.moved({ orgId: DEFAULT_ORG_ID, id: run(1), pipelineId: null, seq: 1 });
  move();
  await expect.poll(() => messages.length).toBe(1);
  nowMs = 0;
  move();
  await expect.poll(() => messages.length).toBe(2);
});

test('a message holds a thousand runs at most', () => {
  const { messages, announcer } = listen();
  for (let at = 0; at < 2500; at += 1) {
    announcer.moved({ orgId: DEFAULT_ORG_ID, id: run(at), pipelineId: null, seq: 1 });
  }
  announcer.stop();
  expect(messages.map((message) => readNudge(message)?.length)).toEqual([1000, 1000, 500]);
});

test.each(['', '{', '[["run_1",null,1]]', '[[null]]', '{"runs":[]}'])('%s is no message of ours', (text) => {
  expect(readNudge(text)).toBeNull();
});
