import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findDeadPaths } from './doc-paths.mjs';

let root: string;

function write(file: string, text = ''): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

function deadPathsIn(document: string): string[] {
  write('README.md', document);
  return findDeadPaths(root).map(({ text }) => text.replace(' does not exist', ''));
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'signalbox-doc-paths-'));
  write('server/domain/ids.ts');
  write('docs/guide.md', 'See [the ids](../server/domain/ids.ts) and `guide.md`.');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('paths in documents', () => {
  test.each([
    '`server/domain/ids.ts`',
    '`server/domain/`',
    '`server`',
    '[ids](server/domain/ids.ts#L3)',
    '`README.md`',
  ])('are fine when they exist: %s', (text) => expect(deadPathsIn(text)).toEqual([]));

  test.each([
    ['`server/domain/idz.ts`', 'server/domain/idz.ts'],
    ['`server/domains/`', 'server/domains/'],
    ['`GONE.md`', 'GONE.md'],
    ['`tools/gone.ts`', 'tools/gone.ts'],
    ['[gone](docs/gone)', 'docs/gone'],
    ['| a | `server/x.ts` and `server/domain/ids.ts` |', 'server/x.ts'],
  ])('are dead when they do not: %s', (text, path) => expect(deadPathsIn(text)).toEqual([path]));

  test.each([
    '`server/<feature>/index.ts`',
    '`server/**/*.test.ts`',
    '`components/{ui,shell}/x.ts`',
    '`.signalbox/runtime`',
    '`server/node_modules`',
    '`.mjs`',
    '`/api/v1/runs`',
    '`https://example.org/a.md`',
    '`application/json`',
    '`DATABASE_URL`',
    '`npm run dev`',
    '`@trpc/server`',
    '`#server/domain/ids.ts`',
    '[mail](mailto:a@example.org)',
  ])('are not meant by %s', (text) => expect(deadPathsIn(text)).toEqual([]));
});
