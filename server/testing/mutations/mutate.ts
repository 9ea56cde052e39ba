import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Edit, MUTANTS } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The name under which a mutation travels to every process of a proof. Nothing but these tests reads it. */
export const MUTANT_VARIABLE = 'MUTANT_UNDER_TEST';

/** The source with the edits of the mutant that this process is to be; null when it has none in that file. */
export function mutate(path: string, source: string): string | null {
  const without = process.env[MUTANT_VARIABLE];
  const mutant = MUTANTS.find((each) => each.without === without);
  const own = mutant?.edits.filter(({ file }) => file === relative(ROOT, path)) ?? [];
  return own.length > 0 ? own.reduce(applyEdit, source) : null;
}

/** A text that is not there once would leave the safeguard in, and the proof would say nothing. */
export function applyEdit(source: string, { file, from, to }: Edit): string {
  const places = source.split(from).length - 1;
  if (places !== 1) throw new Error(`${file} has ${places} places instead of one to mutate: ${from}`);
  return source.replace(from, () => to);
}
