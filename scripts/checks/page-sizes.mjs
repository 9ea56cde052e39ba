import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from '../lib/build.mjs';
import { ROOT } from '../lib/paths.mjs';
import { reportProblems } from './report.mjs';

/**
 * How much script each page loads at first, packed as the server sends it (brotli). What comes later, when it is
 * asked for, does not count: dialogs, tabs, workers. With `--table` it prints all of them.
 */

const KB = 1000;
const LIMIT_BYTES = 250 * KB;
/** A canvas is more than a list. */
const LIMIT_OF = { '/pipelines/[id]/edit': 450 * KB };

/** Each page and the bytes of script that its first load takes. */
export function readPageSizes(root) {
  const stats = join(root, '.next/diagnostics/route-bundle-stats.json');
  if (!existsSync(stats))
    throw new Error(`The build left no ${stats}: this version of Next may name it otherwise.`);
  const pages = JSON.parse(readFileSync(stats, 'utf8'));
  return pages.map(({ route, firstLoadChunkPaths }) => ({
    route,
    bytes: firstLoadChunkPaths.reduce((sum, file) => sum + statSync(join(root, `${file}.br`)).size, 0),
    limitBytes: LIMIT_OF[route] ?? LIMIT_BYTES,
  }));
}

export function findTooLarge(sizes) {
  return sizes
    .filter(({ bytes, limitBytes }) => bytes > limitBytes)
    .map(({ route, bytes, limitBytes }) => ({
      file: 'app',
      text: `${route} loads ${toKb(bytes)} kB of script at first; ${toKb(limitBytes)} kB are allowed. Let what is not needed at once come by import().`,
    }));
}

const toKb = (bytes) => (bytes / KB).toFixed(1);

async function main() {
  await ensureBuilt();
  const sizes = readPageSizes(ROOT);
  if (process.argv.includes('--table'))
    for (const { route, bytes, limitBytes } of sizes)
      console.log(`| \`${route}\` | ${toKb(bytes)} | ${toKb(limitBytes)} |`);
  reportProblems('Sizes of pages', findTooLarge(sizes));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
