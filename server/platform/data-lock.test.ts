import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { localOriginOf, readLiveLock, takeDataLock } from './data-lock.ts';

let dataDir: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'signalbox-lock-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

/** A process that takes the lock, says what came of it and lives until it is killed. */
async function startTaker() {
  const code = `
    import { takeDataLock } from ${JSON.stringify(join(import.meta.dirname, 'data-lock.ts'))};
    const taken = takeDataLock(${JSON.stringify(dataDir)}, { port: 3000, now: Date.now() });
    process.stdout.write('holder' in taken ? 'refused' : 'taken');
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [said] = await once(child.stdout, 'data');
  return { child, said: String(said) };
}

describe('the data folder lock', () => {
  test('is taken, named and released', () => {
    const taken = takeDataLock(dataDir, { port: 3000, now: Date.now() });
    expect(JSON.parse(readFileSync(join(dataDir, 'lock.json'), 'utf8'))).toMatchObject({
      pid: process.pid,
      port: 3000,
    });
    if ('release' in taken) taken.release();
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('tells where its holder listens once that is known, and is released all the same', () => {
    const taken = takeDataLock(dataDir, { port: 0, now: 1 });
    if ('holder' in taken) throw new Error('somebody else has it');
    taken.listensOn({ port: 49_152, address: '127.0.0.1' });
    expect(JSON.parse(readFileSync(join(dataDir, 'lock.json'), 'utf8'))).toEqual({
      ...{ pid: process.pid, place: expect.any(String), startedAt: 1, port: 49_152, address: '127.0.0.1' },
    });
    expect(readdirSync(dataDir)).toEqual(['lock.json']);
    taken.release();
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('is refused while another process that holds it lives, and free once that was killed', async () => {
    const { child, said } = await startTaker();
    expect(said).toBe('taken');
    expect(readLiveLock(dataDir)).toMatchObject({ pid: child.pid });
    expect(takeDataLock(dataDir, { port: 1, now: Date.now() })).toMatchObject({ holder: { pid: child.pid } });
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect(readLiveLock(dataDir)).toBeUndefined();
    expect(takeDataLock(dataDir, { port: 1, now: Date.now() })).toHaveProperty('release');
  });

  test('goes to exactly one of several processes that start together', async () => {
    const outcomes = await Promise.all([startTaker(), startTaker(), startTaker(), startTaker()]);
    expect(outcomes.map(({ said }) => said).sort()).toEqual(['refused', 'refused', 'refused', 'taken']);
  });

  test.runIf(process.platform === 'linux')(
    'is not held by a process that began long after it was written',
    async () => {
      const { child } = await startTaker();
      const old = { pid: child.pid, startedAt: Date.now() - 3_600_000, port: 3000 };
      writeFileSync(join(dataDir, 'lock.json'), JSON.stringify(old));
      expect(readLiveLock(dataDir)).toBeUndefined();
    },
  );

  test('is held by another container for as long as that shows signs of life, whatever their numbers', () => {
    const file = join(dataDir, 'lock.json');
    // Each container numbers its processes for itself: both are 1, or one is what somebody else is here.
    for (const pid of [process.pid, 2 ** 22 + 1]) {
      const lock = { pid, place: 'another container', startedAt: 1, port: 3000, address: '127.0.0.1' };
      writeFileSync(file, JSON.stringify(lock));
      expect(takeDataLock(dataDir, { port: 1, now: 1 })).toEqual({ holder: lock });
      // Its loopback is not ours.
      expect(localOriginOf(lock)).toBeUndefined();
    }
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(file, longAgo, longAgo);
    expect(readLiveLock(dataDir)).toBeUndefined();
    const taken = takeDataLock(dataDir, { port: 1, now: 1 });
    if ('holder' in taken) throw new Error('it is silent, and was taken for alive');
    taken.release();
  });

  test('shows signs of life while it is held', () => {
    vi.useFakeTimers();
    const taken = takeDataLock(dataDir, { port: 1, now: 1 });
    const file = join(dataDir, 'lock.json');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(file, longAgo, longAgo);
    vi.advanceTimersByTime(10_000);
    expect(statSync(file).mtimeMs).toBeGreaterThan(longAgo.getTime() + 30_000);
    if ('release' in taken) taken.release();
    vi.useRealTimers();
  });

  test.each(['', '{', '{"pid":"1"}'])('is not held by the damaged file %j', (text) => {
    writeFileSync(join(dataDir, 'lock.json'), text);
    expect(readLiveLock(dataDir)).toBeUndefined();
    expect(takeDataLock(dataDir, { port: 1, now: Date.now() })).toHaveProperty('release');
  });

  test('is left alone by a release that comes after someone else has taken it', () => {
    const taken = takeDataLock(dataDir, { port: 1, now: 1 });
    writeFileSync(join(dataDir, 'lock.json'), 'of someone else');
    if ('release' in taken) taken.release();
    expect(existsSync(join(dataDir, 'lock.json'))).toBe(true);
  });
});
