import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findPython, PYTHON_SDK } from '../../../scripts/lib/python.mjs';
import type { PipelineBody } from '../../../sdk/typescript/index.mjs';
import { until } from '../faults/until.ts';
import type { Program } from './join.ts';
import { createKillRig, type KillRig } from './kill-rig.ts';

const PATIENCE_MS = 60_000;
const LEASE_MS = 2000;
const here = (file: string): string => join(import.meta.dirname, file);
const python = findPython() ?? '';
const PYTHON_ENV = { PYTHONPATH: PYTHON_SDK };
const WORKERS: { language: string; program: Program }[] = [
  { language: 'TypeScript', program: { command: process.execPath, args: [here('worker.mjs')] } },
  ...(python === ''
    ? []
    : [{ language: 'Python', program: { command: python, args: [here('worker.py')], env: PYTHON_ENV } }]),
];

/** Three stages, of which the second waits at the gate in its own way; `idleSeconds` is its lease. */
function pipeline(idleSeconds: number, way: 'wait' | 'spin'): PipelineBody {
  const stage = (name: string, config = {}) => ({ name, type: 'work', config, timeouts: { idleSeconds } });
  return {
    name: 'to be killed',
    stages: [stage('one'), stage('two', { [way]: true }), stage('three')],
    dependencies: [
      { from: 0, to: 1 },
      { from: 1, to: 2 },
    ],
  };
}

async function openRig(): Promise<KillRig> {
  const rig = await createKillRig();
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

async function startRun(rig: KillRig, idleSeconds: number, way: 'wait' | 'spin' = 'wait'): Promise<string> {
  const { id } = await rig.client.pipelines.create(pipeline(idleSeconds, way));
  return (await rig.client.runs.start(id, { input_data: 'first' })).id;
}

const untilNoted = (rig: KillRig, note: string): Promise<unknown> =>
  until(`a handler to note ${note}`, async () => (await rig.notes()).includes(note), PATIENCE_MS);

describe.each(WORKERS)('a real agent of the $language SDK', ({ program }) => {
  test('that is killed in the middle of a task loses it to its next process, and the run counts it once', async () => {
    const rig = await openRig();
    await rig.startServer();
    const first = rig.startAgent(program);
    const runId = await startRun(rig, 1);
    await untilNoted(rig, 'two 1');
    first.kill('SIGKILL');
    await first.exited;
    await rig.openGate();
    rig.startAgent(program);
    const run = await rig.client.runs.wait(runId);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.stages.map(({ attempt, output }) => [attempt, output.epoch])).toEqual([
      [1, 1],
      [1, 2],
      [1, 1],
    ]);
    expect(await rig.notes()).toEqual(['one 1', 'two 1', 'two 2', 'three 1']);
    await rig.expectAcceptedOnce(runId, 3);
  });

  test('F15 that computes without a pause keeps its task, and loses it once when its process stands still', async () => {
    const rig = await openRig();
    await rig.startServer();
    const first = rig.startAgent(program);
    const runId = await startRun(rig, LEASE_MS / 1000, 'spin');
    await untilNoted(rig, 'two 1');
    rig.startAgent(program, { NAME: 'another' });
    await sleep(2 * LEASE_MS);
    expect(await rig.notes()).toEqual(['one 1', 'two 1']);
    first.kill('SIGSTOP');
    await untilNoted(rig, 'two 2');
    await sleep(2 * LEASE_MS);
    await rig.openGate();
    const run = await rig.client.runs.wait(runId);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.stages[1]).toMatchObject({ attempt: 1, output: { epoch: 2 } });
    expect(await rig.notes()).toEqual(['one 1', 'two 1', 'two 2', 'three 1']);
    await rig.expectAcceptedOnce(runId, 3);
  });

  test('keeps what it has done while the server is killed, and the one hand-out counts', async () => {
    const rig = await openRig();
    const server = await rig.startServer();
    const agent = rig.startAgent(program);
    const runId = await startRun(rig, 300);
    await untilNoted(rig, 'two 1');
    const seen: number[] = [];
    const following = (async () => {
      for await (const { seq } of rig.client.runs.follow(runId)) seen.push(seq);
    })();
    await until('the first events', async () => seen.length > 0, PATIENCE_MS);
    server.kill('SIGKILL');
    await server.exited;
    await rig.openGate();
    await until(
      'the agent to hold its result',
      async () => agent.printed().includes('Reports are kept'),
      PATIENCE_MS,
    );
    await rig.startServer();
    const run = await rig.client.runs.wait(runId);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.stages.map(({ attempt, output }) => [attempt, output.epoch])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(await rig.notes()).toEqual(['one 1', 'two 1', 'three 1']);
    await following;
    expect(seen).toEqual(Array.from({ length: run.seq }, (_, at) => at + 1));
    await rig.expectAcceptedOnce(runId, 3);
  });

  test('finishes what it has when it is asked to end, takes nothing more, and ends well', async () => {
    const rig = await openRig();
    await rig.startServer();
    const agent = rig.startAgent(program);
    const runId = await startRun(rig, 300);
    await untilNoted(rig, 'two 1');
    agent.kill('SIGTERM');
    await until('the agent to leave', async () => agent.printed().includes('has 1 to finish'), PATIENCE_MS);
    await rig.openGate();
    expect(await agent.exited).toBe(0);
    expect(agent.printed()).toContain('The agent has ended (drained)');
    const run = await rig.client.runs.get(runId);
    expect(run.stages.map(({ state }) => state)).toEqual([
      'succeeded',
      'succeeded',
      expect.not.stringContaining('succeeded'),
    ]);
    rig.startAgent(program);
    expect(await rig.client.runs.wait(runId)).toMatchObject({ status: 'succeeded' });
    expect(await rig.notes()).toEqual(['one 1', 'two 1', 'three 1']);
    await rig.expectAcceptedOnce(runId, 3);
  });

  test('gives back what it cannot finish in time, at no charge', async () => {
    const rig = await openRig();
    await rig.startServer();
    const agent = rig.startAgent(program, { DRAIN_MS: '10' });
    const runId = await startRun(rig, 300);
    await untilNoted(rig, 'two 1');
    agent.kill('SIGTERM');
    expect(await agent.exited).toBe(0);
    await rig.openGate();
    rig.startAgent(program);
    const run = await rig.client.runs.wait(runId);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.stages[1]).toMatchObject({ attempt: 1, output: { epoch: 2 } });
    const events = await rig.client.runs.events(runId, { limit: 1000 });
    expect(events.events.map(({ event }) => event.type)).toContain('task.released');
    await rig.expectAcceptedOnce(runId, 3);
  });

  test('works on, and leaves in order, when nobody reads what it says any more', async () => {
    const rig = await openRig();
    await rig.openGate();
    const server = await rig.startServer();
    const unread = ['-c', 'exec "$0" "$@" 2> >(:)', program.command, ...program.args];
    const agent = rig.startAgent({
      command: 'bash',
      args: unread,
      ...(program.env ? { env: program.env } : {}),
    });
    expect(await rig.client.tasks.run({ type: 'work' })).toMatchObject({ status: 'completed' });
    // It has something to complain of now.
    server.kill('SIGKILL');
    await server.exited;
    await rig.startServer();
    expect(await rig.client.tasks.run({ type: 'work' })).toMatchObject({ status: 'completed' });
    agent.kill('SIGTERM');
    expect(await agent.exited).toBe(0);
  });

  test('ends when another process takes its name', async () => {
    const rig = await openRig();
    await rig.startServer();
    const first = rig.startAgent(program);
    const runId = await startRun(rig, 300);
    await untilNoted(rig, 'two 1');
    rig.startAgent(program);
    expect(await first.exited).toBe(0);
    expect(first.printed()).toContain('The agent has ended (replaced)');
    await rig.openGate();
    await rig.client.runs.cancel(runId, { grace_seconds: 0 });
  });
});

test.skipIf(python === '')(
  'a follower of the Python SDK sees every event once, over the death of the server',
  async () => {
    const rig = await openRig();
    const server = await rig.startServer();
    rig.startAgent(WORKERS[0]?.program as Program);
    const runId = await startRun(rig, 300);
    const follower = rig.start({ command: python, args: [here('follow.py'), runId], env: PYTHON_ENV });
    await untilNoted(rig, 'two 1');
    await until('the first events', async () => follower.printed().includes('\n'), PATIENCE_MS);
    server.kill('SIGKILL');
    await server.exited;
    await rig.openGate();
    await rig.startServer();
    expect(await follower.exited).toBe(0);
    const { seq } = await rig.client.runs.get(runId);
    const numbers = Array.from({ length: seq }, (_, at) => String(at + 1));
    expect(follower.printed().trim().split('\n')).toEqual([...numbers, 'end']);
    await rig.expectAcceptedOnce(runId, 3);
  },
  240_000,
);
