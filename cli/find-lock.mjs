// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const READER = new URL('../server/platform/data-lock.ts', import.meta.url);
/** Written as a program, for the Node that the server runs on. */
const ASK = `
  const { localOriginOf, readLiveLock } = await import(process.argv[1]);
  const lock = readLiveLock(process.argv[2]);
  process.stdout.write(JSON.stringify(lock ? { port: lock.port, url: localOriginOf(lock) } : null));`;

/** The server's own reader. An older Node than the server's loads no TypeScript. */
const reader = await import('../server/platform/data-lock.ts').catch(() => undefined);

/**
 * Who holds the data folder: the port, and where it listens on this machine if that is certain.
 * @param {string} dataDir
 * @returns {{ port: number, url?: string | undefined } | undefined}
 */
export function findLock(dataDir) {
  if (!reader) return askRuntime(dataDir);
  const lock = reader.readLiveLock(dataDir);
  return lock && { port: lock.port, url: reader.localOriginOf(lock) };
}

/** By the Node that was fetched for the server; where there is none, no server runs on the folder. @param {string} dataDir */
function askRuntime(dataDir) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const runtime = join(dataDir, 'runtime', 'node_modules', 'node', 'bin', name);
  if (!existsSync(runtime)) return undefined;
  const args = ['--input-type=module', '--eval', ASK, READER.href, dataDir];
  const { status, stdout } = spawnSync(runtime, args, {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  return status === 0 ? (JSON.parse(stdout) ?? undefined) : undefined;
}
