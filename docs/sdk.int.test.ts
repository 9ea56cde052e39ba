import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { copyPrograms } from '#server/testing/doc-programs.ts';
import { createKillRig } from '#server/testing/sdk-agents/kill-rig.ts';
import { findPython, PYTHON_SDK } from '../scripts/lib/python.mjs';

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');

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
      const files = await copyPrograms(`docs/${page}`);
      const rig = await createKillRig();
      onTestFinished(() => rig[Symbol.asyncDispose]());
      await rig.startServer();
      const start = (name: string, env: Record<string, string> = {}) =>
        rig.start({
          command: command ?? '',
          args: [files[`${name}.${ending}`] ?? ''],
          env: { PYTHONPATH: PYTHON_SDK, ...env },
        });
      const { token } = await rig.client.request('POST', '/agent-tokens', { body: { agent: 'greeter' } });
      const agent = start('agent', { SIGNALBOX_TOKEN: token });
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
