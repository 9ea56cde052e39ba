import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '#server/testing/faults/until.ts';
import { createKillRig, type KillRig } from '#server/testing/sdk-agents/kill-rig.ts';

const MAIN = join(import.meta.dirname, 'main.mjs');
const WORKER = join(import.meta.dirname, '../server/testing/sdk-agents/worker.mjs');
const PIPELINE = `stages:
  - key: one
    type: work
  - key: two
    type: work
    config: { wait: true }
dependencies:
  - { from: one, to: two }
`;

let rig: KillRig;
let folder: string;
let file: string;

/** What somebody sees who types it. */
async function type(args: string[], env: Record<string, string> = {}) {
  const child = rig.start({ command: process.execPath, args: [MAIN, ...args], env });
  const code = await child.exited;
  return { code, printed: child.printed() };
}

/** One of the SDK whose handlers are these lines. */
function startOwnAgent(name: string, handlers: string) {
  const sdk = join(import.meta.dirname, '../sdk/typescript/index.mjs');
  const program = `import { runAgent } from '${sdk}'; await runAgent({ name: '${name}', handlers: { ${handlers} } });`;
  rig.start({ command: process.execPath, args: ['--input-type=module', '-e', program] });
}

async function typeJson(...args: string[]) {
  const { code, printed } = await type([...args, '--json']);
  return {
    code,
    lines: printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  };
}

/** It says what applying would do, and changes nothing. */
async function plan(name: string, given: string, printed: string) {
  const { id } = await pipelineOf(name);
  const before = await rig.client.pipelines.get(id);
  expect(await type(['pipelines', 'plan', given, '--name', name])).toEqual({ code: 0, printed });
  expect(await rig.client.pipelines.get(id)).toEqual(before);
  return id;
}

async function pipelineOf(name: string) {
  for await (const item of rig.client.pipelines.all()) if (item.name === name) return item;
  throw new Error(`there is no pipeline ${name}`);
}

/** Somebody edits it on the page. */
async function editDraft(id: string) {
  const { draft } = await rig.client.pipelines.get(id);
  const document = structuredClone(draft?.document) as { stages: { config?: object }[] };
  document.stages[0] = { ...document.stages[0], config: { mine: true } };
  await rig.client.pipelines.updateDraft(id, { revision: draft?.revision ?? 0, document });
}

beforeAll(async () => {
  rig = await createKillRig();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-cli-'));
  file = join(folder, 'steps.yaml');
  writeFileSync(file, PIPELINE);
  writeFileSync(join(folder, 'input.json'), '{"n":1}');
  await rig.startServer();
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('npx signalbox', () => {
  test('judges, applies, compares and exports a file', async () => {
    expect(await type(['pipelines', 'validate', file])).toEqual({
      code: 0,
      printed: 'The pipeline is valid.\n',
    });
    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(wrong, PIPELINE.replace('to: two', 'to: three'));
    const judged = await type(['pipelines', 'validate', wrong]);
    expect(judged).toMatchObject({ code: 1, printed: expect.stringContaining('three') });
    expect((await type(['pipelines', 'apply', wrong])).code).toBe(1);
    expect(await type(['pipelines', 'plan', wrong])).toMatchObject({
      code: 1,
      printed: expect.stringContaining('Nothing would be applied.'),
    });
    expect(await type(['pipelines', 'plan', file])).toEqual({
      code: 0,
      printed: 'steps would be made, with version 1.\n',
    });
    expect((await typeJson('pipelines', 'list')).lines[0]).not.toContainEqual(
      expect.objectContaining({ name: 'steps' }),
    );
    expect(await type(['pipelines', 'apply', file])).toMatchObject({
      printed: 'steps: version 1 is published.\n',
    });
    expect(await type(['pipelines', 'apply', file])).toMatchObject({
      printed: 'steps: version 1 says this already.\n',
    });
    expect(await type(['pipelines', 'diff', file])).toEqual({ code: 0, printed: '' });

    const changed = join(folder, 'changed.yaml');
    writeFileSync(changed, PIPELINE.replace('wait: true', 'wait: true, ms: 5'));
    const diff = await type(['pipelines', 'diff', changed, '--name', 'steps']);
    expect(diff).toEqual({ code: 1, printed: 'stages.two.config.ms: (nothing) → 5\n' });
    await editDraft(await plan('steps', file, 'steps: version 1 says this already.\n'));
    await plan(
      'steps',
      changed,
      'steps: version 2 would be published:\n  stages.two.config.ms: (nothing) → 5\nIn its draft are changes that nobody has published. They would be lost:\n  stages.one.config: (nothing) → {"mine":true}\n',
    );
    expect(await type(['pipelines', 'apply', changed, '--name', 'steps'])).toMatchObject({
      printed: 'steps: version 2 is published.\n',
    });
    expect((await type(['pipelines', 'export', 'steps'])).printed).toContain('ms: 5');
    expect((await typeJson('pipelines', 'list')).lines[0]).toContainEqual(
      expect.objectContaining({ name: 'steps', version: 2 }),
    );
  });

  test('runs it by name, shows how it goes, and says by its exit code how it ended', async () => {
    const agent = rig.startAgent({ command: process.execPath, args: [WORKER] });
    const started = await typeJson('run', 'steps', '--input', join(folder, 'input.json'), '--detach');
    const { id } = started.lines[0];
    await until('the second stage', async () => (await rig.notes()).includes('two 1'), 60_000);
    const canceled = await type(['cancel', id, '--grace', '20']);
    expect(canceled).toMatchObject({ code: 0, printed: expect.stringContaining(`${id} is cancel`) });
    await rig.client.runs.wait(id);
    await rig.openGate();

    const replayed = await typeJson('replay', id, '--from', 'two');
    expect(replayed.code).toBe(0);
    expect(replayed.lines.at(-1)).toMatchObject({ status: 'succeeded', replay_of: id });
    const watched = await type(['run', 'steps', '--param', 'n=1', '--param', 'word=x']);
    expect(watched.code).toBe(0);
    expect(watched.printed).toContain('one: task.started  by agent_');
    expect(watched.printed).toContain('The run has succeeded.');
    const [, run = ''] = /^(run_\w+)$/m.exec(watched.printed) ?? [];
    expect((await rig.client.runs.get(run)).parameters).toEqual({ n: 1, word: 'x' });
    expect((await typeJson('runs', '--pipeline', 'steps', '--status', 'cancelled')).lines[0]).toMatchObject([
      { id },
    ]);
    agent.kill('SIGTERM');
    await agent.exited;
  });

  test('follows the log of a run until its end', async () => {
    const { task_id } = await rig.client.tasks.submit({ type: 'talk' });
    const { run_id } = await rig.client.tasks.get(task_id);
    const follower = rig.start({ command: process.execPath, args: [MAIN, 'logs', '-f', run_id] });
    startOwnAgent('talker', "talk: ({ log }) => log('warn', 'red \\u001b[31m text')");
    expect(await follower.exited).toBe(0);
    expect(follower.printed()).toMatch(/warn {3}task: red \uFFFD\[31m text/);
    const { lines } = await typeJson('logs', run_id, '--level', 'warn', '--search', 'RED');
    expect(lines).toEqual([expect.objectContaining({ stage: 'task', level: 'warn', task_id })]);
    expect((await type(['logs', run_id, '--search', 'blue'])).printed).toBe('');
    expect(await type(['logs', run_id, '--level', 'loud'])).toMatchObject({
      code: 2,
      printed: expect.stringContaining('There is: debug, info, warn, error.'),
    });
    expect(await type(['logs', run_id, '--stage', 'second'])).toMatchObject({
      code: 2,
      printed: expect.stringContaining('Give the key of one: task.'),
    });
  });

  test('tries again at once what waits for its next attempt, and says so where nothing does', async () => {
    startOwnAgent('faller', "fall: () => { throw new Error('on purpose'); }");
    const retry = { maxAttempts: 2, initialSeconds: 3600, maxSeconds: 3600 };
    const stages = [{ name: 'one', type: 'fall', retry }];
    const { id: pipeline } = await rig.client.pipelines.create({ name: 'falls', stages });
    const { id } = await rig.client.runs.start(pipeline);
    const stage = async () => (await rig.client.runs.get(id)).stages[0];
    await until('the timer of its second attempt', async () => (await stage())?.status === 'retrying');
    expect(await type(['retry', id, '--stage', 'two'])).toMatchObject({ code: 2 });
    expect(await type(['retry', id, '--stage', 'one'])).toMatchObject({
      code: 0,
      printed: `one is tried again; ${id} is running.\n`,
    });
    expect((await rig.client.runs.wait(id)).stages[0]).toMatchObject({ status: 'failed', attempt: 2 });
    expect(await type(['retry', id])).toMatchObject({
      code: 2,
      printed: expect.stringContaining(`signalbox replay ${id} --from STAGE`),
    });
  });

  test('shows what is marked sensitive only by the command for it', async () => {
    const pipeline = await rig.client.pipelines.create({
      name: 'secretive',
      stages: [{ name: 'one', type: 'nobody', sensitive: { input: ['/pin'] } }],
    });
    const { id } = await rig.client.runs.start(pipeline.id, { input_data: { pin: 'canary-4711' } });
    expect((await type(['runs', '--json'])).printed).not.toContain('canary');
    expect((await rig.client.runs.get(id)).input).toEqual({ pin: { $hidden: 'sensitive' } });
    expect((await typeJson('reveal', id)).lines[0].input).toEqual({ pin: 'canary-4711' });
    expect((await typeJson('reveal', id, '--stage', 'one', '--reason', 'a test')).lines[0]).toMatchObject({
      key: 'one',
    });
    expect((await type(['reveal', id, '--stage', 'other'])).code).toBe(2);
    await rig.client.runs.kill(id);
  });

  test('lists who is there, and what to do where nobody is', async () => {
    expect((await typeJson('agents')).lines[0]).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'talker' })]),
    );
    expect((await type(['queues'])).printed).toContain('waiting');
    expect((await type(['doctor'])).printed).toContain('✔ access: the token is taken');
    const away = await type(['doctor', '--url', 'http://127.0.0.1:1']);
    expect(away).toMatchObject({ code: 1, printed: expect.stringContaining('Start it: npm start') });
  });

  test('says its version and that of the server, to people and to programs', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
    const { SIGNALBOX_URL: url = '' } = rig.env;
    for (const args of [['--version'], ['version']])
      expect(await type(args)).toEqual({
        code: 0,
        printed: `signalbox ${version}\nserver ${version} at ${url}\n`,
      });
    expect(await typeJson('--version')).toEqual({ code: 0, lines: [{ version, server: { url, version } }] });
    const { code, printed } = await type(['version', '--json'], { SIGNALBOX_TOKEN: 'sbx_nothing' });
    expect([code, JSON.parse(printed)]).toEqual([
      0,
      { version, server: { url, version: null, why: expect.stringMatching(/./) } },
    ]);
  }, 60_000);

  test('takes the secret of the data folder on the machine of the server, and sends it nowhere else', async () => {
    const { SIGNALBOX_TOKEN: token = '', SIGNALBOX_URL: url = '' } = rig.env;
    const home = await mkdtemp(join(folder, 'data-'));
    writeFileSync(join(home, 'api-secret'), token);
    writeFileSync(
      join(home, 'lock.json'),
      JSON.stringify({
        ...{ pid: process.pid, startedAt: Date.now() },
        ...{ port: Number(new URL(url).port), address: '127.0.0.1' },
      }),
    );
    const env = { SIGNALBOX_DATA_DIR: home, SIGNALBOX_URL: '', SIGNALBOX_TOKEN: '' };
    expect((await type(['agents'], env)).code).toBe(0);
    const remote = await type(['agents', '--url', 'http://signalbox.example'], env);
    expect(remote).toMatchObject({
      code: 2,
      printed: expect.stringContaining('signalbox login --url http://signalbox.example'),
    });
  });

  test('runs it with the sample that its input schema shows', async () => {
    const stages = [{ name: 'say', type: 'echo' }];
    const input_schema = { type: 'object', required: ['who'], examples: [{ who: 'Ada' }, { who: 'Alan' }] };
    await rig.client.pipelines.create({ name: 'greets', stages, input_schema });
    const { code, lines } = await typeJson('run', 'greets', '--sample', '--detach');
    expect(code).toBe(0);
    const { id } = lines[0];
    expect(await rig.client.runs.get(id)).toMatchObject({ input: { who: 'Ada' } });
    await rig.client.runs.kill(id);
  });

  test.each([
    [['fly'], 2, 'There is no command fly'],
    [['--json', 'runs'], 2, 'Write it after: signalbox COMMAND --json'],
    [['help', 'keys'], 0, '--expires-in-days … days that it counts'],
    [['run', 'my', 'steps'], 2, 'cannot do anything with "steps"'],
    [['runs', '--limit', 'all'], 2, '--limit is "all", which is no whole number'],
    [['cancel', 'steps'], 2, 'It begins with run_. List what there is: signalbox runs'],
    [['pipelines', 'export'], 2, 'Which pipeline?'],
    [['pipelines', 'export', 'steps', '--format', 'xml'], 2, 'There is: yaml, json.'],
    [['pipelines', 'export', 'steps', '-o', '/nowhere/steps.yaml'], 2, 'There is no folder /nowhere.'],
    [['runs', '--token', 'sbx_mistyped'], 3, 'does not take the key from --token.'],
    [['doctor', '--token', 'sbx_mistyped'], 1, 'does not take the key from --token.'],
    [['doctor', '--url', 'nowhere'], 1, '"nowhere" is no address'],
    [['run'], 2, 'needs PIPELINE'],
    [['run', 'nothing'], 2, 'signalbox pipelines list'],
    [['run', 'steps', '--inputs', 'x'], 2, "Unknown option '--inputs'"],
    [['run', 'steps', '--sample'], 2, 'shows no sample of its input'],
    [['run', 'steps', '--sample', '--input', 'x'], 2, 'are two inputs'],
    [['pipelines', 'validate', 'nowhere.yaml'], 2, 'There is no file nowhere.yaml.\n  What to do:'],
    [['logs', 'run_1'], 3, 'run'],
    [['--version', '--url', 'http://127.0.0.1:1'], 0, 'server unknown at http://127.0.0.1:1: '],
    [['version', '--help'], 0, 'which version this is'],
    [['completion', 'bash'], 0, 'complete -o default -F _signalbox signalbox'],
    [['completion', 'tcsh'], 2, 'There is: bash, zsh, fish'],
    [['keys', 'create', '--name', 'ci'], 2, 'signalbox keys create --name ci --role operator'],
    [['keys', 'revoke', 'nobody'], 2, 'signalbox keys list'],
    [['agents', '--url', 'http://127.0.0.1:1'], 3, 'Is the server running'],
    [['logs', '--help'], 0, '--follow'],
  ])(
    'answers %j with code %i and what to do',
    async (args, code, text) => {
      expect(await type(args)).toMatchObject({ code, printed: expect.stringContaining(text) });
    },
    60_000,
  );
});
