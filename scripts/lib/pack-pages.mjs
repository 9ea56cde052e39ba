// As a whole: the Node that starts all of this may be too old to have each name, and never gets to use it.
import * as fs from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';

const pack = promisify(brotliCompress);

/** Beside each script and style sheet of the built pages, the same packed as tightly as can be, for the server to send. */
export async function packPages(staticDir) {
  const files = fs.globSync('**/*.{js,css}', { cwd: staticDir }).map((name) => join(staticDir, name));
  await Promise.all(files.map(async (file) => writeFile(`${file}.br`, await pack(await readFile(file)))));
}
