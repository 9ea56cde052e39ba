import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HeldLock, takeDataLock } from '#server/platform/data-lock.ts';

let dataDir: string;
let held: HeldLock;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'signalbox-find-lock-'));
  const taken = takeDataLock(dataDir, { port: 0, now: Date.now() });
  if ('holder' in taken) throw new Error('somebody else has it');
  taken.listensOn({ port: 4321, address: '127.0.0.1' });
  held = taken;
});
afterEach(() => {
  held.release();
  rmSync(dataDir, { recursive: true, force: true });
});

/** What the command line finds on a Node that loads no TypeScript, as 20 does not. */
function findOnOldNode(): unknown {
  const file = join(import.meta.dirname, 'find-lock.mjs');
  const code = `import { findLock } from ${JSON.stringify(file)}; console.log(JSON.stringify(findLock(${JSON.stringify(dataDir)}) ?? null))`;
  const args = ['--no-experimental-strip-types', '--input-type=module', '--eval', code];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

test('an older Node finds the running server by the one that was fetched for it', () => {
  const bin = join(dataDir, 'runtime/node_modules/node/bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(process.execPath, join(bin, 'node'));
  expect(findOnOldNode()).toEqual({ port: 4321, url: 'http://127.0.0.1:4321' });
});

test('where none was fetched no server of this machine is known', () => {
  expect(findOnOldNode()).toBeNull();
});
