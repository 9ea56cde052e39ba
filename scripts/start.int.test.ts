import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findFreePort } from './lib/net.mjs';

/** The start script in a small checkout of its own, with a server that only writes down what happens to it. */

const REPO = resolve(import.meta.dirname, '..');
const LOCKFILE = { name: 'small', lockfileVersion: 3, packages: { '': { name: 'small' } } };

/** Notes each signal, and stops on the first one unless told to be stubborn. It says that it is up once it hears them. */
const SERVER = `
  import { appendFileSync } from 'node:fs';
  const note = (text: string) => appendFileSync('notes.txt', text + '\\n');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      note(signal);
      if (!process.env.STUBBORN) setTimeout(() => process.exit(7), 300);
    });
  }
  setInterval(() => {}, 60_000);
  note('up ' + process.env.SIGNALBOX_DEV);
`;

let checkout: string;
let port: number;
let children: ChildProcess[];

function write(file: string, text: string): void {
  mkdirSync(dirname(join(checkout, file)), { recursive: true });
  writeFileSync(join(checkout, file), text);
}

const readNotes = () => readFileSync(join(checkout, 'notes.txt'), 'utf8').trim().split('\n');

function start(env: Record<string, string> = {}, args: string[] = []) {
  const child = spawn(process.execPath, [join(checkout, 'scripts/start.mjs'), ...args], {
    cwd: tmpdir(),
    env: {
      NODE_ENV: 'production',
      PATH: process.env.PATH,
      HOME: checkout,
      SERVER_PORT: String(port),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close').then(([code]) => ({ code: Number(code), output }));
  return { child, ended };
}

const untilUp = () => vi.waitFor(() => expect(readNotes()[0]).toMatch(/^up/), { timeout: 60_000 });

const untilNoted = (note: string) =>
  vi.waitFor(() => expect(readNotes()).toContain(note), { timeout: 60_000 });

beforeEach(async () => {
  checkout = mkdtempSync(join(tmpdir(), 'signalbox-checkout-'));
  port = await findFreePort();
  children = [];
  cpSync(join(REPO, 'scripts'), join(checkout, 'scripts'), { recursive: true });
  cpSync(join(REPO, 'server/platform/data-lock.ts'), join(checkout, 'server/platform/data-lock.ts'));
  symlinkSync(join(REPO, 'node_modules'), join(checkout, 'node_modules'));
  write('package.json', JSON.stringify({ name: 'small', type: 'module' }));
  write('package-lock.json', JSON.stringify(LOCKFILE));
  write('server/main.ts', SERVER);
  write('server/platform/env.ts', 'export const readEnv = () => ({});');
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(checkout, { recursive: true, force: true });
});

describe('npm start', () => {
  test('passes one stop signal on, however often it arrives at once, and the exit code back', async () => {
    const { child, ended } = start();
    await untilUp();
    for (let times = 0; times < 3; times += 1) child.kill('SIGINT');
    expect((await ended).code).toBe(7);
    expect(readNotes()).toEqual(['up undefined', 'SIGINT']);
  });

  test('kills a server that does not stop, at the next Ctrl-C', async () => {
    const { child, ended } = start({ STUBBORN: '1' });
    await untilUp();
    child.kill('SIGINT');
    // A server that has no turn on a busy machine is killed before it hears of the first one.
    await untilNoted('SIGINT');
    const pressing = setInterval(() => child.kill('SIGINT'), 50);
    // Once it has understood, it is left alone: a program that is about to end hears signals no more, and dies of them.
    child.stderr.on('data', (chunk) => String(chunk).includes('Killed at once') && clearInterval(pressing));
    const { code, output } = await ended;
    clearInterval(pressing);
    expect(code).toBe(137);
    expect(output).toContain('Killed at once');
    expect(readNotes()).toEqual(['up undefined', 'SIGINT']);
  });

  test('refuses a port that is in use, and says what to do', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const { code, output } = await start().ended;
    other.close();
    expect(code).toBe(1);
    expect(output).toContain(`Port ${port} cannot be used.`);
    expect(output).toContain(`SERVER_PORT=${port + 1} npm start`);
  });

  test.each(['http', '70000', '-1'])('refuses the port %s', async (SERVER_PORT) => {
    const { code, output } = await start({ SERVER_PORT }).ended;
    expect(code).toBe(1);
    expect(output).toContain('is not a port');
  });

  test('refuses what is no data folder', async () => {
    write('data', 'a file');
    const { code, output } = await start({ SIGNALBOX_DATA_DIR: 'data' }).ended;
    expect(code).toBe(1);
    expect(output).toContain('It is no folder.');
  });

  test('refuses settings that are wrong before anything is built', async () => {
    const refusal =
      "throw Object.assign(new Error('SIGNALBOX_DATADIR is not a setting.'), { advice: 'Remove it.' });";
    write('server/platform/env.ts', `export function readEnv() { ${refusal} }`);
    const { code, output } = await start().ended;
    expect(code).toBe(1);
    expect(output).toContain('✖ SIGNALBOX_DATADIR is not a setting.\n  Remove it.');
    expect(existsSync(join(checkout, 'notes.txt'))).toBe(false);
  });

  test('refuses a data folder in which another Signalbox works', async () => {
    const lock = { pid: process.pid, startedAt: Date.now(), port: 4000 };
    write('data/lock.json', JSON.stringify(lock));
    const { code, output } = await start({ SIGNALBOX_DATA_DIR: 'data' }).ended;
    expect(code).toBe(1);
    expect(output).toContain('at port 4000 since');
    expect(output).toContain(`: process ${process.pid}.`);
  });

  test('says so when the packages cannot be fetched', async () => {
    rmSync(join(checkout, 'node_modules'));
    const dependencies = { 'a-package': '1.0.0' };
    write('package.json', JSON.stringify({ name: 'small', type: 'module', dependencies }));
    write(
      'package-lock.json',
      JSON.stringify({ ...LOCKFILE, packages: { '': { name: 'small', dependencies } } }),
    );
    const nowhere = `http://127.0.0.1:${await findFreePort()}`;
    const { code, output } = await start({ npm_config_registry: nowhere, npm_config_fetch_retries: '0' })
      .ended;
    expect(code).toBe(1);
    expect(output).toContain('could not be installed');
    expect(output).toContain('registry could not be reached');
  });

  test('refuses a lockfile that is behind package.json', async () => {
    rmSync(join(checkout, 'node_modules'));
    write('package.json', JSON.stringify({ name: 'small', dependencies: { 'a-package': '1.0.0' } }));
    const { code, output } = await start().ended;
    expect(code).toBe(1);
    expect(output).toContain('Run `npm install` and commit both files');
  });

  test('reads .env, and the shell wins over it', async () => {
    write('.env', 'SERVER_PORT=nonsense\nSIGNALBOX_DATA_DIR=data\n');
    write('data/lock.json', JSON.stringify({ pid: process.pid, startedAt: Date.now(), port: 4000 }));
    expect((await start().ended).output).toContain('The data folder');
  });
});

describe('npm run dev', () => {
  test('starts the server anew when its code changes, and stops it in order', async () => {
    const { child, ended } = start({}, ['--dev']);
    await untilUp();
    write('server/main.ts', SERVER.replace("'up '", "'up again '"));
    await untilNoted('up again true');
    child.kill('SIGTERM');
    await ended;
    expect(readNotes().filter((note) => note.startsWith('up'))).toEqual(['up true', 'up again true']);
    expect(readNotes().at(-1)).toMatch(/^SIG/);
  });
});
