import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { agentDoors, claimed, startScriptedServer, task } from '../sdk/typescript/testing/scripted-server.ts';

vi.setConfig({ testTimeout: 120_000 });
const PATIENCE = { timeout: 100_000, interval: 20 };

/** `signalbox serve` with a program in a shell, and the tasks that a server gives it one after the other. */
async function serve(script: string, { tasks, stopped = '' }: { tasks: object[]; stopped?: string }) {
  let given = 0;
  const server = await startScriptedServer(
    agentDoors((word, { body }) => {
      if (word === 'claim' && given < tasks.length) return claimed(tasks[given++] ?? {});
      if (word !== 'heartbeat') return undefined;
      const answer = ({ task_id }: { task_id: string }) =>
        task_id === stopped && isToStop ? { status: 'stop', reason: 'enough' } : { status: 'ok' };
      return { body: { order: 'serve', generation: 1, answers: body.tasks.map(answer) } };
    }),
  );
  let isToStop = false;
  onTestFinished(() => server[Symbol.asyncDispose]());
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'main.mjs'), 'serve', 'work', '--', 'sh', '-c', script],
    { env: { ...process.env, SIGNALBOX_URL: server.url, SIGNALBOX_TOKEN: 'the-token' } },
  );
  onTestFinished(async () => {
    const gone = child.exitCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await gone;
  });
  const reports = () =>
    server.asked.filter(({ path }) => path.endsWith('/reports')).flatMap(({ body }) => body.reports);
  const stop = () => {
    isToStop = true;
  };
  return {
    stop,
    logs: () => reports().filter(({ type }) => type === 'log'),
    answers: () => reports().filter(({ type }) => type !== 'log'),
  };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('a program that is no longer wanted ends with all that it has started', async () => {
  const one = task(1);
  // The shell waits for a child of its own, which hears nothing of a signal to the shell alone.
  const script = 'sleep 600 & echo $! >&2; wait';
  const { stop, logs, answers } = await serve(script, { tasks: [one, task(2)], stopped: one.task_id });
  await vi.waitFor(() => expect(logs()).toHaveLength(1), PATIENCE);
  const pid = Number(logs()[0].message);
  expect(isAlive(pid)).toBe(true);
  stop();
  await vi.waitFor(
    () => expect(answers()).toMatchObject([{ type: 'cancelled', task_id: one.task_id }]),
    PATIENCE,
  );
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), PATIENCE);
  // The next one is under way.
  await vi.waitFor(() => expect(logs()).toHaveLength(2), PATIENCE);
  process.kill(Number(logs()[1].message));
});

test('a program has answered when it has ended, whatever it leaves running', async () => {
  const { logs, answers } = await serve('sleep 600 & echo $! >&2; echo 7', { tasks: [task(1)] });
  await vi.waitFor(() => expect(answers()).toMatchObject([{ type: 'succeeded', output: 7 }]), PATIENCE);
  process.kill(Number(logs()[0].message));
});

test('parameters that fit into no environment fail the task once, with what to do', async () => {
  const tasks = [task(1, { parameters: { text: 'x'.repeat(200_000) } }), task(2)];
  const { answers } = await serve('echo 7', { tasks });
  await vi.waitFor(() => expect(answers()).toHaveLength(2), PATIENCE);
  expect(answers()[0]).toMatchObject({ error: { class: 'invalid-input', code: 'TOO_LARGE_FOR_PROGRAM' } });
  expect(answers()[0].error.message).toContain('196 KB');
  expect(answers()[1]).toMatchObject({ type: 'succeeded', output: 7 });
});
