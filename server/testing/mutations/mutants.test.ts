import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { applyEdit } from './mutate.ts';

const ROOT = join(import.meta.dirname, '../../..');

test.each(MUTANTS)('the code still has what is to be taken out: $without', async ({ edits }) => {
  for (const edit of edits) {
    const source = await readFile(join(ROOT, edit.file), 'utf8');
    expect(applyEdit(source, edit)).not.toBe(source);
  }
});

test.each(MUTANTS)('the proof is still there: $proof.title', async ({ proof }) => {
  expect(await readFile(join(ROOT, proof.file), 'utf8')).toContain(proof.title);
});
