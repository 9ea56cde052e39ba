import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Written by the compiler beside the sources, and no source itself. */
const BY_COMPILER = '.tsbuildinfo';

/** Every file at or below `path`, in a fixed order. */
function listFiles(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => !name.endsWith(BY_COMPILER))
    .sort()
    .flatMap((name) => listFiles(join(path, name)));
}

/**
 * One hash over names and contents. Contents, not times: a checkout gives every file a new time.
 * @param {string} root @param {string[]} paths files and folders below root; what does not exist counts as empty
 */
export function hashContents(root, paths) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const path of paths) {
    for (const file of listFiles(join(root, path))) {
      hash.update(`\0${file.slice(root.length)}\0`).update(readFileSync(file));
    }
  }
  return hash.digest('hex');
}

export function hasStamp(file, stamp) {
  return existsSync(file) && readFileSync(file, 'utf8') === stamp;
}

export function writeStamp(file, stamp) {
  writeFileSync(file, stamp);
}
