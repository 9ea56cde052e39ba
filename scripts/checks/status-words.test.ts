import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findComparedWords, readStatusWords } from './status-words.mjs';

const words = new Set(['queued', 'running', 'failed']);

function linesIn(code: string): number[] {
  return findComparedWords({ file: 'some.tsx', code, words }).map(({ line }: { line: number }) => line);
}

describe('status words', () => {
  test.each([
    `const a = task.status === 'failed';`,
    `const a = 'failed' != status;`,
    `switch (status) { case 'queued': break; }`,
    `const a = ['queued', 'open'].includes(status);`,
    `const a = <p>{run.status === 'running' ? 'yes' : 'no'}</p>;`,
  ])('may not be compared elsewhere: %s', (code) => expect(linesIn(code)).toEqual([1]));

  test.each([
    `const row = { status: 'failed' };`,
    `const a = kind === 'other';`,
    `// status === 'failed'`,
    `const a = isFailed(status);`,
    `const a = ['other'].includes(status);`,
  ])('may be written, and others compared: %s', (code) => expect(linesIn(code)).toEqual([]));

  test('may be compared where a comment says that it is another word', () => {
    const code = `// status-words: the socket's own state\nif (a === 'running') b();\nif (a === 'running') c();`;
    expect(linesIn(code)).toEqual([3]);
  });

  test('are what the lists of statuses in the one file hold', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-words-'));
    const file = join(folder, 'statuses.ts');
    writeFileSync(
      file,
      `export const RUN_STATUSES = ['queued', 'done'] as const;\nexport const WAIT_CODES = ['quota'];\nexport const f = () => 1;`,
    );
    expect(await readStatusWords(file)).toEqual(new Set(['queued', 'done']));
    rmSync(folder, { recursive: true });
  });
});
