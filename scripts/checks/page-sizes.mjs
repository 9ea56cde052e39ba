import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from '../lib/build.mjs';
import { ROOT } from '../lib/paths.mjs';
import { reportProblems } from './report.mjs';

/**
 * How much script the document of each page names, packed as the server sends it (brotli): the least that it costs. What a
 * page fetches by `import()` before it can be used counts as well, and no build knows it: a browser is asked
 * (`e2e/journeys/every-page.test.ts`), with the limits that stand here. With `--table` it prints all of them.
 */

const KB = 1000;
const LIMIT_BYTES = 250 * KB;
/** A canvas is more than a list. */
const LIMIT_OF = { '/pipelines/[id]/edit': 450 * KB };

export const limitOf = (route) => LIMIT_OF[route] ?? LIMIT_BYTES;

/** Of files as they are named from `root` on. */
export const packedBytes = (root, files) =>
  files.reduce((sum, file) => sum + statSync(join(root, `${file}.br`)).size, 0);

/** Each page and the bytes of script that its document names. */
export function readPageSizes(root) {
  const stats = join(root, '.next/diagnostics/route-bundle-stats.json');
  if (!existsSync(stats))
    throw new Error(`The build left no ${stats}: this version of Next may name it otherwise.`);
  const pages = JSON.parse(readFileSync(stats, 'utf8'));
  return pages.map(({ route, firstLoadChunkPaths }) => ({
    route,
    bytes: packedBytes(root, firstLoadChunkPaths),
    limitBytes: limitOf(route),
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
