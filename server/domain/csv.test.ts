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
