import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { until } from '#server/testing/faults/until.ts';
import { createKillRig, type KillRig } from '#server/testing/sdk-agents/kill-rig.ts';
import { createClient } from '../sdk/typescript/index.mjs';

/** A name of its own for each try: what an earlier one has left is none of the next one's business. */
const anew = (name: string) => `${name}-${randomUUID().slice(0, 8)}`;

const MAIN = join(import.meta.dirname, 'main.mjs');

let rig: KillRig;
let folder: string;
let url: string;
/** As on the server's own machine: nothing is set but where its data is. */
let atHome: Record<string, string>;
/** As elsewhere: nothing is set at all. */
let notHome: Record<string, string>;

async function type(args: string[], env: Record<string, string>, typed?: string) {
  const shell = typed === undefined ? [MAIN, ...args] : ['-c', 'printf "%s\\n" "$0" | "$@"', typed];
  const child =
    typed === undefined
      ? rig.start({ command: process.execPath, args: shell, env })
      : rig.start({ command: 'sh', args: [...shell, process.execPath, MAIN, ...args], env });
  return { code: await child.exited, printed: child.printed() };
}

/** One JSON is all that a program reads. */
async function typeJson(args: string[], env = atHome) {
  const { code, printed } = await type([...args, '--json'], env);
  expect({ code, printed }).toMatchObject({ code: 0 });
  return JSON.parse(printed);
}

beforeAll(async () => {
  rig = await createKillRig();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-cli-keys-'));
  url = rig.env.SIGNALBOX_URL ?? '';
  const data = join(folder, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'api-secret'), rig.env.SIGNALBOX_TOKEN ?? '');
  writeFileSync(
    join(data, 'lock.json'),
    JSON.stringify({
      ...{ pid: process.pid, startedAt: Date.now() },
      ...{ port: Number(new URL(url).port), address: '127.0.0.1' },
    }),
  );
  const nothing = { SIGNALBOX_URL: '', SIGNALBOX_TOKEN: '', XDG_CONFIG_HOME: join(folder, 'config') };
  atHome = { ...nothing, SIGNALBOX_DATA_DIR: data };
  notHome = { ...nothing, SIGNALBOX_DATA_DIR: '' };
  await rig.startServer();
  // What completions find.
  await rig.client.pipelines.create({ name: 'daily temperatures', stages: [{ name: 'a', type: 'work' }] });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('signalbox keys', () => {
  test('makes a key on the server’s own machine that works at once, rotates it and ends it', async () => {
    const name = anew('ci');
    const made = await typeJson(['keys', 'create', '--name', name, '--role', 'operator']);
    expect(made).toMatchObject({ name, role: 'operator', key: expect.any(String) });
    const me = (token: string) => createClient({ url, token, retryForMs: 0 }).request('GET', '/me');
    expect(await me(made.key)).toMatchObject({ kind: 'key', name, role: 'operator' });
    const listed: { name: string }[] = await typeJson(['keys', 'list']);
    expect(listed.filter((each) => each.name === name)).toEqual([expect.objectContaining({ id: made.id })]);

    const rotated = await typeJson(['keys', 'rotate', name, '--overlap-hours', '0']);
    expect(await me(rotated.key)).toMatchObject({ name });
    await expect(me(made.key)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });

    const narrow = await type(
      [
        'keys',
        'create',
        '--name',
        name,
        '--role',
        'viewer',
        '--scopes',
        'runs:read',
        '--expires-in-days',
        'never',
      ],
      atHome,
    );
    expect(narrow.printed.replace(name, 'ci')).toMatch(
      /^ci \(viewer\), for good\. It is shown only here:\nsbx_\S+\n$/,
    );
    const twins = await type(['keys', 'revoke', name], atHome);
    expect(twins).toMatchObject({
      code: 2,
      printed: expect.stringContaining(`Give the id of one: ${made.id}, key_`),
    });
    expect((await type(['keys', 'revoke', made.id], atHome)).code).toBe(0);
    await expect(me(rotated.key)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('signalbox login', () => {
  test('keeps a key that the server takes where only its owner can read it, until it is forgotten', async () => {
    const name = anew('laptop');
    const { key } = await typeJson(['keys', 'create', '--name', name, '--role', 'viewer']);
    const config = join(folder, name);
    const away = { ...notHome, XDG_CONFIG_HOME: config };
    const file = join(config, 'signalbox/logins.json');
    const refused = await type(['login', '--url', url], away, 'sbx_mistyped');
    expect(refused).toMatchObject({ code: 2, printed: expect.stringContaining('does not take this key') });
    expect(() => statSync(file)).toThrow('ENOENT');

    const done = await type(['login', '--url', `${url}/`], away, key);
    expect(done).toEqual({
      code: 0,
      printed: `You are ${name} (viewer) at ${url}. The key is in ${file}.\n`,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // From now on it is the server that is meant where none is named.
    expect((await type(['runs'], away)).code).toBe(0);
    expect(await type(['keys', 'create', '--name', 'x', '--role', 'viewer'], away)).toMatchObject({
      code: 3,
    });
    const other = await type(['agents', '--url', 'http://127.0.0.2:1'], {
      ...away,
      SIGNALBOX_DATA_DIR: folder,
    });
    expect(other).toMatchObject({ code: 2, printed: expect.stringContaining('There is no key for') });

    chmodSync(file, 0o644);
    expect((await type(['doctor'], away)).printed).toContain(`✔ token: from ${file}`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await type(['logout'], away)).code).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toContain(key);
    expect(await type(['logout'], away)).toMatchObject({ code: 2 });
  });
});

describe('signalbox agents', () => {
  test('makes a token with which the agent of that name comes in, and orders it by name', async () => {
    const agentName = anew('tokened');
    const { token } = await typeJson(['agents', 'token', agentName]);
    const runner = `import { runAgent } from '${join(import.meta.dirname, '../sdk/typescript/index.mjs')}';
      await runAgent({ name: '${agentName}', handlers: { tokened: () => null } });`;
    const agent = rig.start({
      command: process.execPath,
      args: ['--input-type=module', '-e', runner],
      env: { SIGNALBOX_TOKEN: token },
    });
    const named = async () => (await rig.client.agents.list()).filter(({ name }) => name === agentName);
    await until('the agent', async () => (await named()).length === 1, 60_000);
    const drained = await typeJson(['agents', 'drain', agentName, '--reason', 'its disk is full']);
    expect(drained).toMatchObject([{ name: agentName, status: 'draining', reason: 'its disk is full' }]);
    expect((await type(['agents', 'resume', agentName], atHome)).code).toBe(0);
    expect(await type(['agents', 'drain', 'nobody'], atHome)).toMatchObject({
      code: 2,
      printed: expect.stringContaining('signalbox agents list'),
    });
    agent.kill('SIGTERM');
    expect(await agent.exited).toBe(0);
  });
});

describe('completion', () => {
  const complete = async (words: string[], env = atHome) =>
    (await type(['complete', '--', ...words], env)).printed.split('\n').slice(0, -1);

  /** The server is given a second to name what it has: on a busy machine one presses the key again. */
  async function pressAgain<Found extends { length: number }>(press: () => Found | Promise<Found>) {
    let found = await press();
    const again = async () => {
      if (found.length === 0) found = await press();
      return found.length > 0;
    };
    await until('a completion', again, 60_000);
    return found;
  }

  test('knows commands, options, their words and what the server has', async () => {
    expect(await complete(['ru'])).toEqual(['run', 'runs']);
    expect(await complete(['pipelines', 'p'])).toEqual(['plan']);
    expect(await complete(['keys', 'create', '--role', 'o'])).toEqual(['owner', 'operator']);
    expect(await complete(['runs', '--st'])).toEqual(['--status']);
    expect(await pressAgain(() => complete(['run', 'dai']))).toEqual(['daily temperatures']);
    expect(await pressAgain(() => complete(['run', '-i', 'x.json', 'dai']))).toEqual(['daily temperatures']);
    expect(await pressAgain(() => complete(['runs', '--pipeline', 'dai']))).toEqual(['daily temperatures']);
    expect(await complete(['run', '--url', 'http://127.0.0.1:1', ''])).toEqual([]);
    expect(await complete(['fly', ''])).toEqual([]);
    expect(await complete(['run', ''], { ...notHome, SIGNALBOX_DATA_DIR: folder })).toEqual([]);
  });

  test('in bash, a name with a space comes quoted and files are offered where nothing is known', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'signalbox'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, {
      mode: 0o755,
    });
    const ask = (...words: string[]) => {
      const script = `source <(signalbox completion bash)
        COMP_WORDS=(signalbox "$@"); COMP_CWORD=$#; _signalbox signalbox; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...words], {
        env: { ...process.env, ...atHome, PATH: `${bin}${delimiter}${process.env.PATH}` },
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      return stdout.trimEnd();
    };
    expect(await pressAgain(() => ask('run', String.raw`daily\ t`))).toBe(String.raw`daily\ temperatures`);
    expect(ask('runs', '--status', '=', 'fai')).toBe('failed');
    expect(ask('pipelines', 'apply', '')).toBe('');
  });
});

describe('signalbox serve and task', () => {
  test('a program in any language works on tasks, logs and fails by its exit code', async () => {
    const greet = anew('greet');
    const program = join(folder, 'greet.sh');
    writeFileSync(
      program,
      `read -r input
case $input in
  *stop*) echo 'no such name' >&2; exit 65 ;;
  *) echo 'greets' >&2; printf '{"got":%s,"word":%s}' "$input" "$SIGNALBOX_CONFIG" ;;
esac
`,
    );
    const agent = rig.start({
      command: process.execPath,
      args: [MAIN, 'serve', greet, '--', 'sh', program],
    });
    writeFileSync(join(folder, 'ada.json'), '{"name":"Ada"}');
    const task = await typeJson(['task', greet, '--input', join(folder, 'ada.json')]);
    expect(task).toMatchObject({ status: 'completed', output: { got: { name: 'Ada' }, word: {} } });
    // Stored a moment after the end.
    await vi.waitFor(
      async () =>
        expect(await rig.client.tasks.logs(task.task_id)).toContainEqual(
          expect.objectContaining({ message: 'greets' }),
        ),
      { timeout: 60_000 },
    );

    writeFileSync(join(folder, 'stop.json'), '"stop"');
    const failed = await type(['task', greet, '--input', join(folder, 'stop.json')], atHome);
    expect(failed).toEqual({ code: 1, printed: 'EXIT_65: sh ended with 65. no such name\n' });
    const detached = await type(['task', 'nobody-offers-this', '-d'], atHome);
    expect(detached).toMatchObject({ code: 0, printed: expect.stringMatching(/^task_/) });
    agent.kill('SIGTERM');
    expect(await agent.exited).toBe(0);
  });

  test('a program whose run is cancelled is ended', async () => {
    const wait = anew('wait');
    const [started, ended] = [`started ${wait}`, `ended ${wait}`];
    const script = `echo ${started} >> "$NOTES"; trap 'echo ${ended} >> "$NOTES"; exit 1' TERM; while true; do sleep 0.1; done`;
    rig.start({ command: process.execPath, args: [MAIN, 'serve', wait, '--', 'sh', '-c', script] });
    const { run_id } = await rig.client.tasks.submit({ type: wait });
    await until('the program', async () => (await rig.notes()).includes(started), 60_000);
    await rig.client.runs.cancel(run_id);
    await until('its end', async () => (await rig.notes()).includes(ended), 60_000);
    expect((await rig.client.runs.wait(run_id)).status).toBe('cancelled');
  });
});

describe('signalbox orgs', () => {
  test("makes an organisation on the server's own machine, and gives its owner's invitation once", async () => {
    const name = anew('Elsewhere');
    const made = await typeJson(['orgs', 'create', '--name', name]);
    expect(made.invitation).toMatch(new RegExp(`^${url}/join#`));
    const listed: { id: string }[] = await typeJson(['orgs', 'list']);
    expect(listed.find(({ id }) => id === made.id)).toMatchObject({ name, members: 0 });
    expect(JSON.stringify(listed)).not.toContain(made.invitation.split('#')[1]);
    expect((await type(['orgs', 'create'], atHome)).code).toBe(2);
  });
});
