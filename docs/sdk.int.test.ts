import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SDK_INSTALL } from '#server/domain/sdk-files.ts';
import { copyAndInstall } from '#server/testing/doc-programs.ts';
import { createKillRig } from '#server/testing/sdk-agents/kill-rig.ts';
import { findPython } from '../scripts/lib/python.mjs';

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');

const PAGES = [
  {
    page: 'sdk-typescript.md',
    install: SDK_INSTALL.typescript,
    command: process.execPath,
    ending: 'mjs',
    output: '[{"greeting":"Welcome Ada!"},{"greeting":"Welcome Alan!"}]',
  },
  {
    page: 'sdk-python.md',
    install: SDK_INSTALL.python,
    command: findPython(),
    ending: 'py',
    output: "[{'greeting': 'Welcome Ada!'}, {'greeting': 'Welcome Alan!'}]",
  },
];

const hasCurl = spawnSync('curl', ['--version']).status === 0;

for (const { page, install, command, ending, output } of PAGES) {
  test.skipIf(!command || !hasCurl)(
    `the programs of ${page} work as they stand and with the SDK that the server hands out, and a second time`,
    async () => {
      const rig = await createKillRig();
      onTestFinished(() => rig[Symbol.asyncDispose]());
      await rig.startServer();
      const files = await copyAndInstall(`docs/${page}`, install(rig.env.SIGNALBOX_URL ?? ''));
      const start = (name: string, env: Record<string, string> = {}) =>
        rig.start({
          command: command ?? '',
          args: [files[`${name}.${ending}`] ?? ''],
          env,
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

test.each(['sdk-typescript.md', 'sdk-python.md', 'agent-programs.md', '../README.md'])(
  '%s installs the SDKs as the server hands them out',
  (page) => {
    const lines = PAGES.filter((of) => !page.startsWith('sdk-') || of.page === page);
    for (const { install } of lines) expect(read(page)).toContain(`\n${install('http://127.0.0.1:3000')}\n`);
  },
);

test('the README shows the agents that are beside the SDKs', () => {
  const readme = read('../README.md');
  for (const file of ['typescript/examples/greet-agent.mjs', 'python/examples/greet_agent.py']) {
    expect(readme).toContain(read(`../sdk/${file}`));
    expect(readme).toContain(`sdk/${file}`);
  }
});
