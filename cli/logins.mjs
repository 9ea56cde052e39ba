// @ts-check
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { UsageError } from './usage.mjs';

/**
 * The keys that this person has logged in with, by the server's origin, and which server they mean when they name none.
 * @typedef {{ current: string | null, servers: Record<string, { token: string }> }} Logins
 */

/** @param {NodeJS.ProcessEnv} [env] */
export function loginsFile(env = process.env) {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'signalbox/logins.json');
}

/** @param {string} file @returns {Logins} */
export function readLogins(file) {
  if (!existsSync(file)) return { current: null, servers: {} };
  // It may have been copied with looser rights.
  chmodSync(file, 0o600);
  try {
    const { current, servers } = JSON.parse(readFileSync(file, 'utf8'));
    return { current: typeof current === 'string' ? current : null, servers: { ...servers } };
  } catch {
    throw new UsageError(`${file} is damaged.`, 'Delete it, and log in again: signalbox login');
  }
}

/** Whole or not at all, and never for a moment readable by others. @param {string} file @param {Logins} logins */
export function writeLogins(file, logins) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(logins, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
}
