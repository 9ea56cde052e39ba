import { expect, test } from 'vitest';
import { createReplayJob } from './replay-job.ts';

/** A server with so many letters, of which it replays two at a time when it is told to. */
function makeServer(letters: number, refuses: readonly string[] = []) {
  const waiting: (() => void)[] = [];
  let left = letters;
  const ask = async (cursor: string | undefined) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    if (cursor === 'broken') throw new Error('The server does not answer.');
    const replayed = Math.min(2, left);
    left -= replayed;
    const refused = cursor === undefined ? refuses.map((id) => ({ id, message: `${id} is too old` })) : [];
    return { replayed, refused, next_cursor: left === 0 ? null : left === 13 ? 'broken' : String(left) };
  };
  const answer = async () => {
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ask, answer, left: () => left };
}

test('says how far it is, to whoever looks, until each has had its turn', async () => {
  const server = makeServer(5, ['letter_1']);
  const job = createReplayJob(server.ask);
  const seen: number[] = [];
  job.subscribe(() => seen.push(job.get().done));
  const ended = job.start(5);
  expect(job.get()).toEqual({ phase: 'going', done: 0, total: 5 });
  await server.answer();
  expect(job.get()).toEqual({ phase: 'going', done: 2, total: 5 });
  await server.answer();
  await server.answer();
  expect(await ended).toEqual({
    ...{ done: 5, isStopped: false },
    refused: [{ id: 'letter_1', message: 'letter_1 is too old' }],
  });
  expect(job.get().phase).toBe('idle');
  expect(seen).toEqual([0, 2, 4, 5, 0]);
});

test('ends after what is on its way when it is told to, and leaves the rest', async () => {
  const server = makeServer(6);
  const job = createReplayJob(server.ask);
  const ended = job.start(undefined);
  await server.answer();
  job.stop();
  expect(job.get().phase).toBe('stopping');
  await server.answer();
  expect(await ended).toEqual({ done: 4, refused: [], isStopped: true });
  expect(server.left()).toBe(2);
});

test('that breaks off says how far it had come, and can be begun anew; there is one at a time', async () => {
  const server = makeServer(15);
  const job = createReplayJob(server.ask);
  const ended = job.start(15);
  expect(await job.start(15)).toBeUndefined();
  await server.answer();
  await server.answer();
  const outcome = await ended;
  expect(outcome).toMatchObject({ done: 2, isStopped: false });
  expect(outcome?.broken?.message).toBe('The server does not answer.');
  expect(job.get().phase).toBe('idle');
});
