import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeConflict, toWords } from './conflict.ts';
import { diffLines, patchLines, toUnified } from './diff.ts';
import { applyEdits, type Edit } from './edits.ts';
import { globsOverlap, matchesGlob, toGlob } from './glob.ts';
import { type Change, foldHistory } from './history.ts';
import { foldersOf, toPath } from './path.ts';

describe('paths', () => {
  test.each([
    '',
    '/etc/passwd',
    'a//b',
    'a/',
    '..',
    'a/../b',
    './a',
    'a\\b',
    'C:\\a',
    'a\u0000b',
    'a\nb',
    'a\u202Eb',
    'a\u200Bb',
    '\uFEFFa',
    'a/ b',
    'a ',
    'a*',
    'a?',
    `${'x'.repeat(256)}`,
    `${'é'.repeat(128)}`,
    `a/${'b/'.repeat(32)}c`,
    `${'abc/'.repeat(200)}x`,
    'x'.repeat(1_000_000),
    '\ud800',
  ])('%j is no path', (given) => {
    expect(toPath(given)).toMatchObject({ ok: false });
  });

  test.each(['a', 'src/app/[id]/page.tsx', 'ünï/日本.md', '...', '.env', 'a b/c', '👩'])(
    '%j is a path',
    (given) => {
      expect(toPath(given)).toEqual({ ok: true, path: given.normalize('NFC') });
    },
  );

  test('composed and decomposed letters are one name', () => {
    expect(toPath('cafe\u0301')).toEqual({ ok: true, path: 'caf\u00e9' });
  });

  test('a path is its own name, and none leads out of where it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (given) => {
        const named = toPath(given);
        if (!named.ok) return;
        expect(toPath(named.path)).toEqual(named);
        const url = new URL(`x:/root/${named.path.split('/').map(encodeURIComponent).join('/')}`);
        expect(url.pathname.startsWith('/root/')).toBe(true);
        expect(url.pathname.split('/')).toHaveLength(named.path.split('/').length + 2);
      }),
    );
  });

  test('folders of a path are listed from the top', () => {
    expect(foldersOf('a/b/c')).toEqual(['a', 'a/b']);
    expect(foldersOf('a')).toEqual([]);
  });
});

const globs = fc
  .array(fc.constantFrom('a', 'b', '/', '*', '**', '**/', '?'), { minLength: 1, maxLength: 7 })
  .map((parts) => parts.join(''))
  .filter((pattern) => toGlob(pattern).ok);
const paths = fc
  .array(fc.constantFrom('a', 'b', '/'), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''));

/** Written from the words of the README, to hold the machine to. */
function asRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/(?<=^|\/)\*\*\//g, '\u0001')
    .replaceAll('**', '\u0002')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
    .replaceAll('\u0001', '(.*/)?')
    .replaceAll('\u0002', '.*');
  return new RegExp(`^${source}$`, 's');
}

describe('globs', () => {
  test.each([
    ['src/**', 'src/a/b.ts', true],
    ['src/**', 'src', false],
    ['src/*', 'src/a/b', false],
    ['**/*.md', 'a.md', true],
    ['**/*.md', 'x/y/a.md', true],
    ['?.ts', 'a.ts', true],
    ['?.ts', '/.ts', false],
    ['[id].tsx', 'i.tsx', false],
    ['a.b', 'axb', false],
  ])('%s on %s: %s', (pattern, path, expected) => {
    expect(matchesGlob(pattern, path)).toBe(expected);
  });

  test('matches what a regular expression of the same meaning matches', () => {
    fc.assert(
      fc.property(globs, paths, (pattern, path) => {
        expect(matchesGlob(pattern, path)).toBe(asRegExp(pattern).test(path));
      }),
      { numRuns: 2_000 },
    );
  });

  const everyPath = (length: number): string[] =>
    length === 0 ? [''] : everyPath(length - 1).flatMap((path) => ['a', 'b', '/'].map((char) => path + char));
  const short = [1, 2, 3, 4, 5, 6].flatMap(everyPath);

  test('two overlap when some path is of both, and only then', () => {
    fc.assert(
      fc.property(globs, globs, (one, other) => {
        const shared = short.find((path) => matchesGlob(one, path) && matchesGlob(other, path));
        expect(globsOverlap(one, other)).toBe(globsOverlap(other, one));
        if (shared !== undefined) expect(globsOverlap(one, other), shared).toBe(true);
        // Patterns of up to three parts have a shared path that is as short, if they have any.
        else if (one.length + other.length <= 5) expect(globsOverlap(one, other)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a pattern made to be slow is not', () => {
    const nasty = 'a*'.repeat(8);
    expect(toGlob(nasty).ok).toBe(true);
    expect(matchesGlob(nasty, `${'a'.repeat(500)}b/`)).toBe(false);
    expect(globsOverlap(`${nasty}/x`, `${nasty}/y`)).toBe(false);
    expect(toGlob('a*'.repeat(9)).ok).toBe(false);
  });
});

const texts = fc
  .array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'a'), { maxLength: 30 })
  .map((parts) => parts.join(''));

describe('diffs', () => {
  test('a diff makes the later text of the earlier one', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const hunks = diffLines(before, after);
        expect(patchLines(before, hunks)).toBe(after);
        if (before === after) expect(hunks).toEqual([]);
        for (const { lines, fromCount, toCount } of hunks) {
          expect(lines.filter((line) => line[0] !== '+')).toHaveLength(fromCount);
          expect(lines.filter((line) => line[0] !== '-')).toHaveLength(toCount);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('is as people write it', () => {
    const before = `${[1, 2, 3, 4, 5, 6, 7, 8].join('\n')}\n`;
    const after = before.replace('5', 'five').concat('9');
    expect(toUnified(diffLines(before, after)).text).toBe(
      '@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n+9\n\\ No newline at end of file\n',
    );
  });

  test('of two large texts without a common line is the one for the other, in time', () => {
    const before = Array.from({ length: 20_000 }, (_, line) => `old ${line}\n`).join('');
    const after = Array.from({ length: 20_000 }, (_, line) => `new ${line}\n`).join('');
    expect(patchLines(before, diffLines(before, after))).toBe(after);
    expect(toUnified(diffLines(before, after), 1_000)).toMatchObject({ isCut: true });
  });
});

describe('exact edits', () => {
  test('replace what is there once, in order', () => {
    const edits = [
      { old: 'one', new: 'two' },
      { old: 'two', new: '$&' },
    ];
    expect(applyEdits('one!', edits)).toEqual({ ok: true, text: '$&!' });
  });

  test.each<[Edit, RegExp]>([
    [{ old: 'x', new: 'y' }, /not in the file/],
    [{ old: 'a', new: 'y' }, /2 times/],
    [{ old: '', new: 'y' }, /no text/],
  ])('%j is refused', (edit, problem) => {
    expect(applyEdits('a b a', [{ old: 'b', new: 'c' }, edit])).toEqual({
      ok: false,
      at: 1,
      problem: expect.stringMatching(problem),
    });
  });

  test('of all places when that is said', () => {
    expect(applyEdits('a b a', [{ old: 'a', new: 'aa', all: true }])).toEqual({ ok: true, text: 'aa b aa' });
  });
});

describe('history', () => {
  const changes = fc
    .array(
      fc.oneof(
        fc.record({ kind: fc.constantFrom('write' as const, 'carried' as const), text: texts }),
        fc.constant({ kind: 'delete' as const }),
        fc.constant({ kind: 'edit' as const, edits: [{ old: 'a', new: 'b', all: true }] }),
      ),
      { maxLength: 12 },
    )
    .map((list) => list.map((change, index): Change => ({ ...change, version: index + 1 })));

  test('folds to what was written last, with what was edited since', () => {
    fc.assert(
      fc.property(changes, (list) => {
        let text = null as string | null;
        let isSound = true;
        for (const change of list) {
          if (change.kind === 'edit') {
            isSound &&= text?.includes('a') ?? false;
            text = text?.replaceAll('a', 'b') ?? null;
          } else text = change.kind === 'delete' ? null : (change.text ?? null);
        }
        const folded = foldHistory(list);
        expect(folded.ok).toBe(isSound);
        if (folded.ok) expect(folded).toEqual({ ok: true, text, version: list.length });
      }),
    );
  });

  test('a gap is none', () => {
    expect(foldHistory([{ version: 2, kind: 'write', text: '' }])).toMatchObject({ ok: false });
  });
});

describe('a conflict says who, since when and what to do', () => {
  const since = new Date('2026-01-02T03:04:05Z');
  const heldBy = {
    ...{ leaseId: 'x', holder: 'agent:ada', name: 'ada', patterns: ['a'], since },
    until: new Date('2026-01-02T03:05:05Z'),
  };
  const outdated = { kind: 'outdated', path: 'a.md', changedBy: 'ada', changedAt: since } as const;
  test.each([
    [
      { ...outdated, baseVersion: 1, version: 3, diff: '', isDiffCut: false },
      /version 3, written by ada at 2026/,
    ],
    [{ ...outdated, baseVersion: 0, version: 3, diff: null, isDiffCut: false }, /there already: version 3/],
    [{ ...outdated, baseVersion: 2, version: 0, diff: null, isDiffCut: false }, /no file a\.md/],
    [{ kind: 'locked', path: 'a', heldBy } as const, /claimed by ada since 2026-01-02T03:04:05/],
    [
      { kind: 'lease-lost', path: 'a', why: 'its time was over', heldBy } as const,
      /its time was over, and .* ada/,
    ],
    [{ kind: 'name-taken', path: 'a', by: 'a/b' } as const, /a\/b is there/],
  ])('%#', (conflict, expected) => {
    const { message, advice } = describeConflict(conflict);
    expect(message).toMatch(expected);
    expect(advice).toMatch(/\.$/);
    expect(JSON.parse(JSON.stringify(toWords(conflict)))).toEqual(toWords(conflict));
    expect(toWords(conflict)).toMatchObject({ kind: conflict.kind, path: conflict.path });
  });
});
