import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createKillRig } from '#server/testing/sdk-agents/kill-rig.ts';
import { findPython, PYTHON_SDK } from '../scripts/lib/python.mjs';

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');
const PROGRAM = /<!-- program (\S+) -->\s*```\w+\n([\s\S]*?)```/g;

/** A folder of somebody else's, who has installed the SDKs and copied the page's programs. */
async function copyPrograms(page: string): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-docs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const installed = join(folder, 'node_modules/@signalbox/sdk');
  mkdirSync(dirname(installed), { recursive: true });
  symlinkSync(join(import.meta.dirname, '../sdk/typescript'), installed);
  const files: Record<string, string> = {};
  for (const [, name = '', text = ''] of read(page).matchAll(PROGRAM)) {
    files[name] = join(folder, name);
    writeFileSync(join(folder, name), text);
  }
  return files;
}

const PAGES = [
  {
    page: 'sdk-typescript.md',
    command: process.execPath,
    ending: 'mjs',
    output: '[{"greeting":"Welcome Ada!"},{"greeting":"Welcome Alan!"}]',
  },
  {
    page: 'sdk-python.md',
    command: findPython(),
    ending: 'py',
    output: "[{'greeting': 'Welcome Ada!'}, {'greeting': 'Welcome Alan!'}]",
  },
];

for (const { page, command, ending, output } of PAGES) {
  test.skipIf(!command)(
    `the programs of ${page} work as they stand, and a second time`,
    async () => {
      const files = await copyPrograms(page);
      const rig = await createKillRig();
      onTestFinished(() => rig[Symbol.asyncDispose]());
      await rig.startServer();
      const start = (name: string) =>
        rig.start({
          command: command ?? '',
          args: [files[`${name}.${ending}`] ?? ''],
          env: { PYTHONPATH: PYTHON_SDK },
        });
      const agent = start('agent');
      for (const _ of [1, 2]) {
        const client = start('client');
        const code = await client.exited;
        expect({ code, printed: client.printed() }).toEqual({ code: 0, printed: expect.any(String) });
        const lines = client
          .printed()
          .split('\n')
          .map((line) => line.trim());
        expect(lines[0]).toBe('1 run.started');
        expect(lines).toContain(`succeeded ${output}`);
        expect(lines.at(-2)).toMatch(/^CONFLICT /);
      }
      const refused = await rig.client.tasks.run({ type: 'greet', payload: {} });
      expect(refused).toMatchObject({
        status: 'failed',
        error: { class: 'invalid-input', code: 'NO_ROWS' },
      });
      agent.kill('SIGTERM');
      expect(await agent.exited).toBe(0);
    },
    240_000,
  );
}

test('the README shows the agents that are beside the SDKs', () => {
  const readme = read('../README.md');
  for (const file of ['typescript/examples/greet-agent.mjs', 'python/examples/greet_agent.py']) {
    expect(readme).toContain(read(`../sdk/${file}`));
    expect(readme).toContain(`sdk/${file}`);
  }
});
