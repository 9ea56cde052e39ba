import { describe, expect, test } from 'vitest';
import { sideBySide } from './side-by-side.ts';

const draw = (diff: string) =>
  sideBySide(diff).map(({ left, right }) => `${left?.text ?? '·'} | ${right?.text ?? '·'}`);

describe('a difference side by side', () => {
  test('sets what came beside what went', () => {
    expect(draw('--- a\n+++ b\n@@ -1,3 +1,4 @@\n one\n-two\n+zwei\n+drei\n three\n')).toEqual([
      '@@ -1,3 +1,4 @@ | @@ -1,3 +1,4 @@',
      'one | one',
      'two | zwei',
      '· | drei',
      'three | three',
    ]);
  });

  test('takes content that looks like a head for content', () => {
    expect(draw('--- a\n+++ b\n@@ -1 +1 @@\n--- old rule\n+++ new rule\n')).toEqual([
      '@@ -1 +1 @@ | @@ -1 +1 @@',
      '-- old rule | ++ new rule',
    ]);
  });

  test('of nothing there is nothing', () => {
    expect(draw('')).toEqual([]);
  });
});
