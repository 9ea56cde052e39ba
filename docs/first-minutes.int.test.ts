import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { copyPrograms, readPrograms } from '#server/testing/doc-programs.ts';
import { createKillRig, type KillRig } from '#server/testing/sdk-agents/kill-rig.ts';
import { findPython, PYTHON_SDK } from '../scripts/lib/python.mjs';

const ROOT = join(import.meta.dirname, '..');
const PAGE = 'README.md';
const python = findPython();
const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const hasShell = ['bash', 'curl', 'jq'].every(has);

/** A whole server, with the agents that come with it, and a key that was made as the page says. */
let rig: KillRig;
let key: string;
beforeAll(async () => {
  rig = await createKillRig({ SIGNALBOX_ROLES: 'web,coordinator,agents' });
  await rig.startServer();
  const page = readFileSync(join(ROOT, PAGE), 'utf8');
  const [, making = ''] = /SIGNALBOX_TOKEN=\$\((npx signalbox [^)]+)\)/.exec(page) ?? [];
  const maker = rig.start({ command: 'sh', args: ['-c', `cd "${ROOT}" && ${making} 2>/dev/null`] });
  expect(await maker.exited).toBe(0);
  key = maker.printed().trim();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** With jobs in groups of their own, as in a shell that somebody types into. */
async function run(name: string, command: string, env: Record<string, string> = {}) {
  await runOnce(name, command, env);
  // Whoever tries something first and then all of it.
  return runOnce(name, command, env);
}

async function runOnce(name: string, command: string, env: Record<string, string>) {
  const { [name]: file = '' } = await copyPrograms(PAGE);
  const args = command === 'bash' ? ['-c', `set -m; cd "${ROOT}" && . "${file}"`] : [file];
  const child = rig.start({ command, args, env: { SIGNALBOX_TOKEN: key, ...env } });
  const code = await child.exited;
  expect({ code, printed: child.printed() }).toEqual({ code: 0, printed: expect.any(String) });
  return child.printed();
}

async function statusesOf(name: string) {
  const { pipelines } = await rig.client.pipelines.list({ search: name });
  const { runs } = await rig.client.runs.list({ pipeline_id: pipelines[0]?.id ?? '' });
  return runs.map(({ status }) => status);
}

test.skipIf(!hasShell)(
  'with curl a reader comes from nothing to a run that is followed',
  async () => {
    const printed = await run('curl.sh', 'bash');
    expect(printed).toContain('"output": "Hello Ada!"');
    expect(printed).toContain('"type":"run.succeeded"');
    expect(await statusesOf('birthdays by curl')).toEqual(['succeeded', 'succeeded']);
  },
  240_000,
);

test('with TypeScript', async () => {
  const printed = await run('first.mjs', process.execPath);
  expect(printed).toMatch(/^completed \[ \{ greeting: 'Hello Ada!' \}/m);
  expect(printed).toMatch(/^1 run\.started/m);
  expect(printed).toMatch(/^\[ \{ greeting: 'Hello Ada!' \}, \{ greeting: 'Hello Alan!' \} \]$/m);
  expect(await statusesOf('greetings from node')).toEqual(['succeeded', 'succeeded']);
});

test.skipIf(!python)(
  'with Python',
  async () => {
    const printed = await run('first.py', python ?? '', { PYTHONPATH: PYTHON_SDK });
    expect(printed).toContain("completed [{'greeting': 'Hello Ada!'}, {'greeting': 'Hello Alan!'}]");
    expect(printed).toMatch(/^1 run\.started/m);
    expect(await statusesOf('greetings from python')).toEqual(['succeeded', 'succeeded']);
  },
  240_000,
);

test.skipIf(!hasShell)(
  'with the shell',
  async () => {
    const printed = await run('shell.sh', 'bash');
    expect(printed).toContain('"greeting": "Hello Ada!"');
    expect(printed).toContain('greetings: version 1 says this already.');
    expect(printed).toContain('The run has succeeded.');
    await expectNoAgentLeft();
  },
  240_000,
);

test.skipIf(!hasShell)(
  'with the shell in a script, where a job is one process and npx passes no signal on',
  async () => {
    const { 'shell.sh': file = '' } = await copyPrograms(PAGE);
    const script = rig.start({
      command: 'bash',
      args: ['-c', `cd "${ROOT}" && exec bash "${file}"`],
      env: { SIGNALBOX_TOKEN: key },
    });
    expect(await script.exited).toBe(0);
    await expectNoAgentLeft();
  },
  240_000,
);

/** What `kill` was meant for has gone, and not only the npx before it. */
async function expectNoAgentLeft() {
  await vi.waitFor(
    async () => {
      const agents = await rig.client.agents.list();
      const served = agents.filter(({ name }) => name.startsWith('greet on '));
      expect(served.map(({ status }) => status)).toEqual(['offline']);
    },
    { timeout: 30_000, interval: 200 },
  );
}

test('every program of the page is run', () => {
  expect(Object.keys(readPrograms(PAGE))).toEqual(['curl.sh', 'first.mjs', 'first.py', 'shell.sh']);
});
