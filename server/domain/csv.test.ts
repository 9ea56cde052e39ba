import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toCsv } from './csv.ts';

test('text that a spreadsheet would take for a formula stays text', () => {
  const hostile = ['=1+1', '+cmd', '-2+3', '@sum(a1)', '\t=1', '\r=1', ' =1', '|calc', '%0A'];
  const [, ...lines] = toCsv(
    ['name'],
    hostile.map((text) => [text]),
  ).split('\r\n');
  for (const line of lines.slice(0, -1)) expect(line.replace(/^"/, '')).toMatch(/^'/);
});

test('numbers are numbers, also below zero, and nothing is nothing', () => {
  expect(toCsv(['a', 'b', 'c'], [[-1.5, null, true]])).toBe('a,b,c\r\n-1.5,,true\r\n');
});

test('what has commas, quotes or line ends is quoted', () => {
  expect(toCsv(['a'], [['x, "y"'], ['two\nlines']])).toBe('a\r\n"x, ""y"""\r\n"two\nlines"\r\n');
});

/** As spreadsheets read it, with the mark between cells that the language of the machine has: quotes count where a cell begins. */
function readCells(text: string, between: ',' | ';'): string[] {
  const cells = [''];
  let state: 'start' | 'quoted' | 'plain' = 'start';
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? '';
    if (state === 'quoted' && sign === '"' && text[at + 1] === '"') at++;
    else if (sign === '"' && state !== 'plain') {
      state = state === 'start' ? 'quoted' : 'plain';
      continue;
    } else if (state !== 'quoted' && (sign === between || sign === '\n')) {
      cells.push('');
      state = 'start';
      continue;
    } else if (state === 'start') state = 'plain';
    cells.push(`${cells.pop() ?? ''}${sign}`);
  }
  return cells;
}

test('no cell begins a formula, whatever anybody has called anything and however cells are parted', () => {
  const piece = fc.constantFrom(
    '=1+1',
    '+',
    '-',
    '@',
    '|',
    '%',
    '＝',
    '\t',
    '\r',
    '\n',
    ' ',
    '\u00a0',
    '\ufeff',
    '"',
    ',',
    ';',
    "'",
    'a',
  );
  const name = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
      const csv = toCsv(
        names.map((_, at) => `c${at}`),
        [names],
      );
      for (const between of [',', ';'] as const)
        for (const cell of readCells(csv, between)) expect(cell.trim()).not.toMatch(/^[=+\-@|%＝]/);
    }),
    { numRuns: 2000 },
  );
});
