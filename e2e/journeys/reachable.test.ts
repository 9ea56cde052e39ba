import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { provideInstallation } from '../stack/installation.ts';

const CLI = join(import.meta.dirname, '../../cli/main.mjs');
/** By which others find this machine; undefined where it stands alone. */
const [outer] = Object.values(networkInterfaces())
  .flat()
  .flatMap((each) => (each && !each.internal && each.family === 'IPv4' ? [each.address] : []));

let outside: string;
// The system chooses the port; whoever has the data folder finds it there.
const here = provideInstallation({ settings: { SIGNALBOX_HOST: '0.0.0.0' }, hasBrowser: false });

beforeAll(() => {
  outside = `http://${outer}:${new URL(here.origin).port}`;
});

interface Asked {
  body?: object;
  headers?: Record<string, string>;
}

const ask = (url: string, { body, headers = {} }: Asked = {}) =>
  fetch(url, {
    method: body ? 'POST' : 'GET',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

test.skipIf(!outer)(
  'a server that others can reach lets in whoever has the link that it printed, and nobody else',
  async () => {
    const runs = `${outside}/api/v1/runs`;
    expect((await ask(runs)).status).toBe(401);
    // The secret in the data folder is for programs on this machine.
    const withSecret = { headers: { authorization: `Bearer ${here.secret}` } };
    expect((await ask(runs, withSecret)).status).toBe(401);
    expect((await ask(`${here.origin}/api/v1/runs`, withSecret)).status).toBe(200);
    const account = { name: 'Eve', email: 'eve@example.org', password: 'correct horse battery' };
    const joining = (token: string) => ({ body: { token, ...account }, headers: { origin: outside } });
    expect((await ask(`${outside}/api/v1/auth/join`, joining('x'.repeat(43)))).ok).toBe(false);
    expect((await ask(`${outside}/sign-in?token=${'x'.repeat(43)}`)).status).toBe(401);

    const token = new URL(here.server.link).searchParams.get('token') ?? '';
    const opened = await ask(`${outside}/sign-in?token=${token}`);
    expect([opened.status, opened.headers.get('location')]).toEqual([303, `/join#${token}`]);
    // Nobody is signed in by having looked at it.
    expect(opened.headers.get('set-cookie')).toBeNull();
    const joined = await ask(`${outside}/api/v1/auth/join`, joining(token));
    expect(joined.status, await joined.clone().text()).toBe(200);
    const cookie = (joined.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const me = await ask(`${outside}/api/v1/me`, { headers: { cookie } });
    expect(await me.json()).toMatchObject({ kind: 'person', name: 'Eve', role: 'owner' });
    expect((await ask(`${outside}/sign-in?token=${token}`)).status).toBe(401);
    expect((await ask(`${outside}/api/v1/auth/join`, joining(token))).ok).toBe(false);
  },
);

test('on the machine itself the command line is the owner, with nothing set but where the data is', async () => {
  const { SIGNALBOX_URL: _url, SIGNALBOX_TOKEN: _token, ...rest } = process.env;
  const args = [CLI, 'keys', 'create', '--name', 'ci', '--role', 'operator', '--json'];
  const child = spawn(process.execPath, args, { env: { ...rest, SIGNALBOX_DATA_DIR: here.dataDir } });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  const { key } = JSON.parse(printed) as { key: string };
  const answer = await ask(`${here.origin}/api/v1/me`, { headers: { authorization: `Bearer ${key}` } });
  expect(await answer.json()).toMatchObject({ kind: 'key', name: 'ci', role: 'operator' });
});
