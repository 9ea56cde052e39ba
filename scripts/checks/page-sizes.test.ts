import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTooLarge, readPageSizes } from './page-sizes.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'signalbox-sizes-'));
  mkdirSync(join(root, '.next/diagnostics'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function build(pages: Record<string, number>): void {
  const stats = Object.entries(pages).map(([route, bytes], at) => {
    writeFileSync(join(root, `.next/${at}.js.br`), Buffer.alloc(bytes));
    return { route, firstLoadChunkPaths: [`.next/${at}.js`] };
  });
  writeFileSync(join(root, '.next/diagnostics/route-bundle-stats.json'), JSON.stringify(stats));
}

test('a page is measured by what the server sends, and one that has grown too large is named', () => {
  build({ '/sign-in': 250_000, '/join': 250_001, '/pipelines/[id]/edit': 450_000 });
  const problems = findTooLarge(readPageSizes(root));
  expect(problems.map(({ text }: { text: string }) => text.split(' ')[0])).toEqual(['/join']);
});

test('a build whose figures are not where they are looked for fails and does not pass unmeasured', () => {
  expect(() => readPageSizes(root)).toThrow(/route-bundle-stats\.json/);
});
