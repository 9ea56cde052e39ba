import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What most entries of Drizzle's list say of their path. */
const EACH_FILE = {
  import: { types: './*.d.ts', default: './*.js' },
  require: { types: './*.d.cts', default: './*.cjs' },
  types: './*.d.ts',
  default: './*.js',
};
const SHORT_BYTES = 60_000;

/**
 * Says in one line what Drizzle's `exports` say in four hundred entries. Node takes that list apart anew for each file of
 * the package that it loads, and it has 130 KB: half of the time in which a process of ours starts. Every path leads where
 * it led before.
 */
export function shortenExports(modules) {
  const file = join(modules, 'drizzle-orm/package.json');
  if (!existsSync(file) || statSync(file).size < SHORT_BYTES) return;
  const description = JSON.parse(readFileSync(file, 'utf8'));
  const text = JSON.stringify(EACH_FILE);
  const special = Object.entries(description.exports).filter(
    ([path, target]) => text.replaceAll('./*', path) !== JSON.stringify(target),
  );
  description.exports = { ...Object.fromEntries(special), './*': EACH_FILE };
  // A program that starts meanwhile finds the one or the other.
  const half = `${file}.${process.pid}`;
  writeFileSync(half, JSON.stringify(description));
  renameSync(half, file);
}
