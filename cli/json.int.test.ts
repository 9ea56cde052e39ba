import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '#server/testing/faults/until.ts';
import { createKillRig, type KillRig } from '#server/testing/sdk-agents/kill-rig.ts';

const MAIN = join(import.meta.dirname, 'main.mjs');
const SDK = join(import.meta.dirname, '../sdk/typescript/index.mjs');
const HANDLERS =
  "say: ({ log }) => { log('info', 'hello'); return { word: 'hello' }; }, fall: () => { throw new Error('on purpose'); }";

let rig: KillRig;
let folder: string;
beforeAll(async () => {
  rig = await createKillRig();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-cli-json-'));
  await rig.startServer();
  const program = `import { runAgent } from '${SDK}'; await runAgent({ name: 'both', handlers: { ${HANDLERS} } });`;
  rig.start({ command: process.execPath, args: ['--input-type=module', '-e', program] });
  await rig.client.pipelines.create({ name: 'says', stages: [{ name: 'one', type: 'say' }] });
  const retry = { maxAttempts: 1 };
  await rig.client.pipelines.create({ name: 'falls', stages: [{ name: 'one', type: 'fall', retry }] });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function type(...args: string[]) {
  const env = { XDG_CONFIG_HOME: folder };
  const child = rig.start({ command: process.execPath, args: [MAIN, ...args], env });
  return { code: await child.exited, printed: child.printed() };
}

const linesOf = (printed: string) =>
  printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

async function typeJson(...args: string[]) {
  const { code, printed } = await type(...args, '--json');
  return { code, lines: linesOf(printed) };
}

/** A run that goes on, since nobody does what it asks for. */
async function openRun() {
  const stages = [{ name: 'one', type: 'nobody-does-this' }];
  const { id } = await rig.client.pipelines.create({ name: `waits ${Math.random()}`, stages });
  return (await rig.client.runs.start(id)).id;
}

const doneRun = async () => (await typeJson('run', 'says')).lines.at(-1).id;
/** Lines are stored a moment after the end. */
async function loggedRun() {
  const id = await doneRun();
  const hasLines = async () => (await type('logs', id)).printed !== '';
  await until('its lines', hasLines);
  return ['logs', id];
}

async function pausedRun() {
  const id = await openRun();
  await rig.client.runs.pause(id);
  return ['resume', id];
}

const steered = async (word: string) => [word, await openRun()];

/** What is typed for each command, and the code that it ends with where that is not 0. */
const COMMANDS: Readonly<Record<string, { args(): Promise<string[]> | string[]; code?: number } | string>> = {
  run: { args: () => ['run', 'says'] },
  runs: { args: () => ['runs'] },
  logs: { args: loggedRun },
  reveal: { args: async () => ['reveal', await doneRun()] },
  replay: { args: async () => ['replay', await doneRun()] },
  // Nothing of it waits for another attempt, and that is said in JSON too.
  retry: { args: async () => ['retry', await doneRun()], code: 2 },
  cancel: { args: () => steered('cancel') },
  pause: { args: () => steered('pause') },
  resume: { args: pausedRun },
  pipelines: { args: () => ['pipelines', 'list'] },
  task: { args: () => ['task', 'say'] },
  serve: 'It goes on until it is ended: see below.',
  agents: { args: () => ['agents'] },
  queues: { args: () => ['queues'] },
  keys: { args: () => ['keys', 'list'] },
  orgs: { args: () => ['orgs', 'list'] },
  mcp: 'It speaks JSON whatever is asked for: see mcp.int.test.ts.',
  login: {
    // As one word: it may begin with a dash.
    args: () => ['login', `--token=${rig.env.SIGNALBOX_TOKEN ?? ''}`],
  },
  logout: { args: () => ['logout'] },
  doctor: { args: () => ['doctor'] },
  version: { args: () => ['version'] },
  completion: { args: () => ['completion', 'bash'] },
};

describe('--json', () => {
  test('is tried with every command that there is', async () => {
    const { printed } = await type('--help');
    const [, listed = ''] = printed.split('\n\n');
    const names = listed.split('\n').map((line) => line.trim().split(' ')[0]);
    expect(names.toSorted()).toEqual(Object.keys(COMMANDS).sort());
  });

  const tried = Object.entries(COMMANDS).flatMap(([name, how]) =>
    typeof how === 'string' ? [] : [{ name, how }],
  );
  test.each(tried)('makes all that signalbox $name prints JSON', async ({ how }) => {
    const { code, lines } = await typeJson(...(await how.args()));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toBeTypeOf('object');
    expect(code).toBe(how.code ?? 0);
  });

  test('has signalbox serve tell of each task that it begins and ends', async () => {
    const script = 'read -r input; case $input in *stop*) exit 65 ;; *) echo 1 ;; esac';
    const served = [MAIN, 'serve', 'greet', '--json', '--', 'sh', '-c', script];
    const agent = rig.start({
      command: 'sh',
      // What it says of its line to the server is beside what a program reads.
      args: ['-c', 'exec "$@" 2>/dev/null', 'sh', process.execPath, ...served],
    });
    const good = await typeJson('task', 'greet');
    const bad = await rig.client.tasks.submit({ type: 'greet', payload: 'stop' });
    await rig.client.tasks.wait(bad.task_id);
    agent.kill('SIGTERM');
    expect(await agent.exited).toBe(0);
    const { task_id } = good.lines[0];
    expect(linesOf(agent.printed())).toEqual([
      expect.objectContaining({ event: 'started', task_id, attempt: 1 }),
      expect.objectContaining({ event: 'succeeded', task_id }),
      expect.objectContaining({ event: 'started', task_id: bad.task_id }),
      expect.objectContaining({
        ...{ event: 'failed', task_id: bad.task_id },
        error: { code: 'EXIT_65', message: expect.stringContaining('ended with 65') },
      }),
      { event: 'ended', why: 'drained' },
    ]);
  });
});

describe('a run that fails', () => {
  test('is told by the exit code of run and of replay, and of task', async () => {
    const ran = await typeJson('run', 'falls');
    expect([ran.code, ran.lines.at(-1).status]).toEqual([1, 'failed']);
    const replayed = await type('replay', ran.lines.at(-1).id);
    expect(replayed).toMatchObject({
      code: 1,
      printed: expect.stringContaining('The run has ended: failed.'),
    });
    expect((await type('task', 'fall')).code).toBe(1);
    expect((await type('run', 'falls', '--detach')).code).toBe(0);
  });
});
