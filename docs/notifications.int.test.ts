import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { signedHeaders } from '#server/notifications/signature.ts';
import { until } from '#server/testing/faults/until.ts';
import { startTestServer } from '#server/testing/http.ts';
import { findPython } from '../scripts/lib/python.mjs';

const page = readFileSync(join(import.meta.dirname, 'notifications.md'), 'utf8');
const PROGRAM = /<!-- program (\S+) -->\s*```\w+\n([\s\S]*?)```/g;
const programs = new Map([...page.matchAll(PROGRAM)].map(([, name = '', text = '']) => [name, text]));

const RECEIVERS = [
  { name: 'receiver.mjs', command: process.execPath },
  { name: 'receiver.py', command: findPython() },
];

async function start(name: string, command: string, secret: string) {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-docs-'));
  const file = join(folder, name);
  writeFileSync(file, programs.get(name) ?? '');
  const env = { ...process.env, WEBHOOK_SECRET: secret, PORT: '0' };
  const child: ChildProcess = spawn(command, [file], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    printed += chunk;
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  const port = await until(`${name} to listen`, async () => /listening on (\d+)/.exec(printed)?.[1]);
  return { url: `http://127.0.0.1:${port}/`, lines: () => printed.trim().split('\n').slice(1) };
}

for (const { name, command } of RECEIVERS) {
  test.skipIf(!command)(
    `${name} takes what Signalbox sends, once, and nothing that anybody else does`,
    async () => {
      await using http = await startTestServer({ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' });
      const call = async (path: string, body: object = {}) => (await http.call(`/api/v1${path}`, body)).body;
      const pipeline = await call('/pipelines', {
        name: 'failing',
        stages: [{ name: 'only', type: 'fail' }],
      });
      // Its secret is known before it has an address: the receiver is started with it.
      const target = await call('/notification-targets', {
        ...{ name: 'receiver', kind: 'webhook', address: 'http://127.0.0.1:9/', events: ['run.failed'] },
      });
      const receiver = await start(name, command ?? '', target.secret);
      const change = { address: receiver.url };
      await http.call(`/api/v1/notification-targets/${target.id}`, change, { method: 'PATCH' });

      const tried = await call(`/notification-targets/${target.id}/test`);
      expect(tried).toMatchObject({ delivered: true, status: 204 });
      const run = await call(`/pipelines/${pipeline.id}/execute`);
      await until('the failure to be printed', async () => receiver.lines().length === 2);
      await call(`/notification-deliveries/${tried.delivery_id}/redeliver`);
      await until('it to have come again', async () => {
        const { body } = await http.call(`/api/v1/notification-deliveries?target_id=${target.id}`);
        return body.deliveries.every(({ state }: { state: string }) => state === 'delivered');
      });

      const forged = await fetch(receiver.url, {
        method: 'POST',
        headers: {
          'webhook-id': 'ndl_1',
          'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
          'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
        },
        body: '{"type":"run.failed","data":{}}',
      });
      expect(forged.status).toBe(401);
      expect(receiver.lines()).toEqual([`test ${target.id}`, `run.failed ${run.id}`]);
    },
  );
}

test('the message that the page shows is signed with the secret that it names', () => {
  const [, request = '', secret = ''] =
    /```\n(content-type: [\s\S]*?)\n```\n\nThis one was signed with `(\S+)`/.exec(page) ?? [];
  const [head = '', body = ''] = request.split('\n\n');
  const headers = Object.fromEntries(head.split('\n').map((line) => line.split(': ')));
  const { 'content-type': _, ...signed } = headers;
  const nowMs = Number(headers['webhook-timestamp']) * 1000;
  expect(signedHeaders({ id: headers['webhook-id'], body, nowMs }, [secret])).toEqual(signed);
});
