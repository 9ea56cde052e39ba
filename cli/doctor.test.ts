import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { healthSchema } from '#server/api/wire/system.ts';
import { createClient } from '../sdk/typescript/index.mjs';
import { doctor } from './commands/doctor.mjs';
import { createOutput } from './output.mjs';

const fine = { ok: true, latency_ms: 1.4, note: null };
/** As a server answers that has lost its broker. */
const health = healthSchema.parse({
  status: 'not ready',
  parts: {
    ...{ database: fine, hot_state: fine, object_store: { ok: false, latency_ms: null, note: null } },
    broker: { ok: false, latency_ms: null, note: 'connect ECONNREFUSED 10.0.0.7:5672' },
  },
  conditions: [],
  processes: [],
});

test('the doctor names the part that is down, while the server is not ready', async () => {
  const server = createServer(({ url, headers }, response) => {
    const isKnown = headers.authorization === 'Bearer sbx_a_key';
    response.setHeader('content-type', 'application/json');
    response.statusCode = url === '/readyz' ? 503 : isKnown ? 200 : 401;
    response.end(JSON.stringify(url === '/readyz' ? { status: 'not ready' } : health));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stdout = new PassThrough();
  const ask = async (token: string, isJson = false) => {
    const out = createOutput({ isJson, stdout: stdout as unknown as NodeJS.WriteStream });
    const client = () => createClient({ url, token, retryForMs: 0 });
    const code = await doctor.run({ args: [], options: { url, token }, client, out });
    return { code, text: String(stdout.read()) };
  };
  const { code, text } = await ask('sbx_a_key');
  expect(code).toBe(1);
  expect(text).toContain(`✖ server: ${url} is not ready\n`);
  expect(text).toContain('✔ database: answers in 1 ms\n');
  expect(text).toContain('✖ broker: connect ECONNREFUSED 10.0.0.7:5672\n');
  expect(text).toContain('✖ object store: does not answer');
  expect(JSON.parse((await ask('sbx_a_key', true)).text)).toContainEqual({
    what: 'broker',
    ok: false,
    note: 'connect ECONNREFUSED 10.0.0.7:5672',
  });
  expect((await ask('sbx_another')).text).not.toContain('broker');
  await new Promise((resolve) => server.close(resolve));
});
