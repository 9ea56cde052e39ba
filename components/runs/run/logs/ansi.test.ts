import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnsi } from './ansi.ts';

const E = '\u001b';
const textOf = (line: string) =>
  readAnsi(line)
    .map(({ text }) => text)
    .join('');

describe('colours in a log', () => {
  test('become spans, and end where they are taken back', () => {
    const spans = readAnsi(`plain ${E}[1;31mred${E}[0m again`);
    expect(spans.map(({ text, colour, bold }) => [text, colour, bold])).toEqual([
      ['plain ', undefined, false],
      ['red', 31, true],
      [' again', undefined, false],
    ]);
  });

  test('that we have none of leave the text as it is', () => {
    expect(
      readAnsi(`${E}[38;5;208morange${E}[48;2;1;2;3mon blue`).every(({ colour }) => colour === undefined),
    ).toBe(true);
  });

  test('everything else a terminal would obey is taken out', () => {
    expect(textOf(`a${E}[2Jb${E}]0;title\u0007c${E}[10;10Hd${E}cE\u0007\u0000f`)).toBe('abcdEf');
    expect(textOf(`${E}]8;;http://evil.example\u0007link${E}]8;;\u0007`)).toBe('link');
  });

  test('markup stays text, and no text is lost or made up', () => {
    expect(textOf('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert(1)>');
    fc.assert(
      fc.property(fc.string(), (line) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: lines without what a terminal obeys
        const plain = line.replace(/[\u0000-\u001f\u007f]/g, '');
        expect(textOf(plain)).toBe(plain);
      }),
    );
  });

  test('a line of half a million signs is read at once', () => {
    expect(textOf(`${E}[31m`.repeat(50_000) + 'x'.repeat(250_000))).toHaveLength(250_000);
  });
});
