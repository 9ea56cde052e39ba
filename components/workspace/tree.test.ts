import { expect, test } from 'vitest';
import { toTree } from './tree.ts';

const draw = (paths: string[]) =>
  toTree(paths.map((path) => ({ path }))).map(
    ({ name, depth, file }) => `${'  '.repeat(depth)}${name}${file ? '' : '/'}`,
  );

test('each folder stands once, before what is in it, whatever its neighbours are called', () => {
  expect(draw(['src/b.ts', 'src-old/a.ts', 'readme.md', 'src/lib/c.ts', 'src/a.ts'])).toEqual([
    'readme.md',
    'src/',
    '  a.ts',
    '  b.ts',
    '  lib/',
    '    c.ts',
    'src-old/',
    '  a.ts',
  ]);
});

test('of nothing there is nothing', () => {
  expect(draw([])).toEqual([]);
});
