import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findServer, requireServer } from './connect.mjs';
import { UsageError } from './usage.mjs';

const SECRET = 'the secret of the data folder';

let folder: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-connect-'));
  writeFileSync(join(folder, 'api-secret'), `${SECRET}\n`);
  env = { NODE_ENV: 'test', SIGNALBOX_DATA_DIR: folder, XDG_CONFIG_HOME: join(folder, 'config') };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Of a process that lives, unless it is said otherwise. */
function lock(fields: object = {}): void {
  const held = { pid: process.ppid, startedAt: Date.now(), port: 4711, address: '127.0.0.1' };
  writeFileSync(join(folder, 'lock.json'), JSON.stringify({ ...held, ...fields }));
}

const found = (url?: string) => {
  const { url: to, token } = findServer({ url }, env);
  return { to, token };
};

describe('the secret of the data folder', () => {
  test('goes to the server that works on it, however that is named', () => {
    lock();
    const ours = { to: 'http://127.0.0.1:4711', token: SECRET };
    expect(found()).toEqual(ours);
    expect(found('http://127.0.0.1:4711/')).toEqual(ours);
    // What a name leads to is another's word: it is called by its address.
    expect(found('http://localhost:4711')).toEqual(ours);
    lock({ address: '::1' });
    expect(found()).toEqual({ to: 'http://[::1]:4711', token: SECRET });
    lock({ address: '0.0.0.0' });
    expect(found()).toEqual(ours);
    lock({ address: '::' });
    expect(found()).toEqual(ours);
  });

  test.each([
    'http://127.0.0.1:4712',
    'http://localhost:4712',
    'http://[::1]:4711',
    'http://127.0.0.2:4711',
    'https://127.0.0.1:4711',
    'http://signalbox.example:4711',
    'http://localhost.example:4711',
  ])('does not go to %s, where that server does not listen', (url) => {
    lock();
    expect(found(url)).toEqual({ to: url, token: undefined });
  });

  test.each([
    ['there is no lock', undefined],
    ['the process that held the folder is gone', { pid: 2 ** 22 + 1 }],
    ['its number is that of another process now', { startedAt: 1 }],
    ['it does not listen yet', { address: undefined }],
    ['it listens in another network only', { address: '192.0.2.1' }],
  ])('goes nowhere while %s', (_, fields) => {
    if (fields) lock(fields);
    for (const url of [undefined, 'http://127.0.0.1:3000', 'http://127.0.0.1:4711']) {
      expect(found(url).token).toBeUndefined();
    }
  });

  test('is not used where somebody names a key', () => {
    lock();
    expect(findServer({ token: 'sbx_mine' }, env)).toMatchObject({ token: 'sbx_mine', tokenFrom: '--token' });
  });
});

test('whoever has no key hears why not, and what to do', () => {
  const adviceAt = (url?: string) => {
    try {
      requireServer({ url }, env);
    } catch (error) {
      return error instanceof UsageError ? error.advice : error;
    }
  };
  expect(adviceAt()).toContain(`No server runs on ${folder}. Start it (npm start)`);
  lock();
  expect(adviceAt('http://127.0.0.1:4712')).toContain(
    `The server of ${folder} listens at http://127.0.0.1:4711, and its secret goes nowhere else.`,
  );
  expect(adviceAt('https://signalbox.example')).toContain(
    'Log in (signalbox login --url https://signalbox.example)',
  );
  rmSync(join(folder, 'api-secret'));
  expect(adviceAt()).toContain(`There is no api-secret in ${folder}`);
});
