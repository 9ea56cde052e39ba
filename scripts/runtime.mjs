import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { Failure } from './lib/failure.mjs';
import { runNpm } from './lib/npm.mjs';
import { findDataDir, loadDotEnv } from './lib/paths.mjs';
import { withProgress } from './lib/progress.mjs';

/**
 * The server is TypeScript that Node runs as it stands, which needs Node 22.18. Where the running Node is
 * older, the npm package `node` provides one in the data folder and the script starts again with it.
 */

const MINIMUM = [22, 18];
const FETCHED = 'node@24';

export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
}

function versionOf(executable) {
  const { status, stdout } = spawnSync(executable, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function isUsable(executable) {
  const version = existsSync(executable) ? versionOf(executable) : undefined;
  return version !== undefined && isNewEnough(version);
}

/** Where the package puts its binary; `.bin/node` is a link to it, and a shell script on Windows. */
function executableIn(folder) {
  return join(folder, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

async function fetchRuntime(target) {
  const parent = join(target, '..');
  mkdirSync(parent, { recursive: true });
  // Installed beside and renamed when it works: a half install can never be taken for a whole one.
  const half = mkdtempSync(join(parent, 'runtime-half-'));
  const what = `Signalbox needs Node ${MINIMUM.join('.')} or newer (this is ${process.version}), and fetching ${FETCHED} failed.`;
  try {
    writeFileSync(
      join(half, 'package.json'),
      JSON.stringify({ name: 'signalbox-runtime', private: true, allowScripts: { node: true } }),
    );
    await runNpm(['install', FETCHED, '--no-package-lock'], { cwd: half, what });
    if (!isUsable(executableIn(half))) {
      throw new Failure(what, {
        why: 'npm reported success, but the binary it installed does not run on this system.',
        todo: 'Install Node 24 from https://nodejs.org and run the command again.',
      });
    }
    rmSync(target, { recursive: true, force: true });
    renameSync(half, target);
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

/** Starts this script again with another Node and ends as it ends. */
function reExecute(executable) {
  return new Promise((resolve, reject) => {
    const child = spawn(executable, process.argv.slice(1), { stdio: 'inherit' });
    // The child decides when to stop; it sorts out that a terminal's Ctrl-C reaches it twice.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/**
 * Runs `main` on a Node that is new enough: this one, or a fetched one in a new process.
 * @param {() => Promise<number | void>} main
 */
export async function runOnRuntime(main) {
  loadDotEnv();
  if (isNewEnough(process.version)) return main();
  const folder = join(findDataDir(), 'runtime');
  const executable = executableIn(folder);
  if (!isUsable(executable)) {
    await withProgress(`Fetching ${FETCHED}, because this is Node ${process.version}`, () =>
      fetchRuntime(folder),
    );
  }
  return reExecute(executable);
}
