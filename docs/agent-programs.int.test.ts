import { spawnSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { copyPrograms, readPrograms } from '#server/testing/doc-programs.ts';
import { findFreePort } from '#server/testing/free-port.ts';
import { startPrivateRabbitmq } from '#server/testing/private-rabbitmq.ts';
import { createKillRig } from '#server/testing/sdk-agents/kill-rig.ts';
import { findPython, PYTHON_SDK } from '../scripts/lib/python.mjs';

const PAGE = 'docs/agent-programs.md';
const python = findPython();
const hasJq = spawnSync('jq', ['--version']).status === 0 && spawnSync('curl', ['--version']).status === 0;

interface Case {
  program: string;
  command: string | undefined;
  /** Settings of the server and of the agent. */
  settings?: Record<string, string>;
  env?: () => Promise<Record<string, string>>;
}

const CASES: Case[] = [
  { program: 'greeter.mts', command: process.execPath },
  { program: 'greeter.py', command: python, env: async () => ({ PYTHONPATH: PYTHON_SDK }) },
  { program: 'greeter.sh', command: hasJq ? 'sh' : undefined },
  {
    program: 'push_greeter.py',
    command: python,
    settings: { SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.1' },
    env: async () => ({ PORT: String(await findFreePort()) }),
  },
];

const ADA = { type: 'greet', payload: { rows: [{ name: 'Ada' }, { name: 'Alan' }] } };
const GREETED = { status: 'completed', output: [{ greeting: 'Hello Ada!' }, { greeting: 'Hello Alan!' }] };

for (const { program, command, settings, env } of CASES) {
  test.skipIf(!command)(
    `${program} of ${PAGE} works as it stands, with a token that is good for its agent alone`,
    async () => {
      const files = await copyPrograms(PAGE);
      const rig = await createKillRig(settings);
      onTestFinished(() => rig[Symbol.asyncDispose]());
      await rig.startServer();
      const { token } = await rig.client.request('POST', '/agent-tokens', { body: { agent: 'greeter' } });
      const agent = rig.start({
        command: command ?? '',
        args: [files[program] ?? ''],
        env: { ...(await env?.()), SIGNALBOX_TOKEN: token },
      });
      const done = rig.client.tasks.run(ADA);
      const died = agent.exited.then((code) => ({ ended: code, printed: agent.printed() }));
      expect(await Promise.race([done, died])).toMatchObject(GREETED);
      expect(await rig.client.tasks.run(ADA)).toMatchObject({ ...GREETED, attempt: 1 });
      // Nothing else is open to it: not even a look at what there is.
      const stranger = await fetch(`${rig.env.SIGNALBOX_URL}/api/v1/runs`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(stranger.status).toBe(403);
    },
    240_000,
  );
}

test(`amqp-greeter.mjs of ${PAGE} works as it stands, with an account at the broker alone`, async () => {
  const rabbitmq = await startPrivateRabbitmq();
  onTestFinished(() => rabbitmq.close());
  const files = await copyPrograms(PAGE);
  const rig = await createKillRig({ RABBITMQ_URL: rabbitmq.url });
  onTestFinished(() => rig[Symbol.asyncDispose]());
  await rig.startServer();
  const agent = rig.start({
    command: process.execPath,
    args: [files['amqp-greeter.mjs'] ?? ''],
    env: { RABBITMQ_URL: rabbitmq.url, SIGNALBOX_TOKEN: '', SIGNALBOX_URL: '' },
  });
  const died = agent.exited.then((code) => ({ ended: code, printed: agent.printed() }));
  expect(await Promise.race([rig.client.tasks.run(ADA), died])).toMatchObject(GREETED);
  expect(await rig.client.tasks.run(ADA)).toMatchObject({ ...GREETED, attempt: 1 });
});

test('every program of the page is run', () => {
  const run = [...CASES.map(({ program }) => program), 'amqp-greeter.mjs'];
  expect(Object.keys(readPrograms(PAGE)).sort()).toEqual(run.sort());
});
