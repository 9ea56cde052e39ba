import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layOut, openText } from './line-source.ts';

const all = (text: string) => {
  const source = openText(text);
  return source.read(0, source.rows) as string[];
};

describe('a text by its rows', () => {
  test('has a row for each line, empty ones too', () => {
    expect(all('')).toEqual(['']);
    expect(all('a\n\nb\n')).toEqual(['a', '', 'b', '']);
  });

  test('loses nothing of a line that goes on and on', () => {
    const long = 'x'.repeat(420);
    expect(all(`${long}\nend`).map((row) => row.length)).toEqual([140, 140, 140, 3]);
    fc.assert(
      fc.property(fc.string({ maxLength: 3000 }), (text) => {
        expect(all(text).join('')).toBe(text.replaceAll('\n', ''));
      }),
    );
  });

  test('counts the lines of the text, and not the rows that they are cut into', () => {
    expect(openText(`${'x'.repeat(420)}\nend`)).toMatchObject({ rows: 4, lines: 2 });
    expect(openText('').lines).toBe(1);
    expect(openText('a\n\nb\n').lines).toBe(4);
  });

  test('gives only the rows that are asked for, and none that are not there', () => {
    const source = openText('a\nb\nc');
    expect(source.read(1, 2)).toEqual(['b']);
    expect(source.read(2, 9)).toEqual(['c']);
    expect(source.read(-5, 1)).toEqual(['a']);
  });

  test('JSON is laid out; what is none stays as it is', () => {
    expect(layOut('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(layOut('{"a":')).toBe('{"a":');
  });
});
