import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { shortenExports } from './shorten-exports.mjs';

const entry = (file: string) => ({
  import: { types: `${file}.d.ts`, default: `${file}.js` },
  require: { types: `${file}.d.cts`, default: `${file}.cjs` },
  types: `${file}.d.ts`,
  default: `${file}.js`,
});

test('a package whose list of exports is shortened is found by each path as before', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-modules-')));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const home = join(folder, 'node_modules/drizzle-orm');
  mkdirSync(join(home, 'part'), { recursive: true });
  const columns = Array.from({ length: 400 }, (_, at) => `./part/column-${at}`);
  const special = { '.': entry('./index'), './part': entry('./part/index') };
  const exports = { ...special, ...Object.fromEntries(columns.map((path) => [path, entry(path)])) };
  const description = join(home, 'package.json');
  writeFileSync(description, JSON.stringify({ name: 'drizzle-orm', version: '1.2.3', exports }));
  for (const file of ['index', 'part/index', 'part/column-7']) writeFileSync(join(home, `${file}.cjs`), '');
  const before = statSync(description).size;

  shortenExports(join(folder, 'node_modules'));

  expect(statSync(description).size).toBeLessThan(before / 10);
  const { resolve } = createRequire(join(folder, 'program.cjs'));
  expect(['', '/part', '/part/column-7'].map((path) => resolve(`drizzle-orm${path}`))).toEqual(
    ['index', 'part/index', 'part/column-7'].map((file) => join(home, `${file}.cjs`)),
  );
});

test('the installed Drizzle has a list that slows no start down', () => {
  const { size } = statSync(join(import.meta.dirname, '../../node_modules/drizzle-orm/package.json'));
  expect(size).toBeLessThan(40_000);
});
