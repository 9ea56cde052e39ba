import { RE2JS } from 're2js';
import { createLruMap } from './lru-map.ts';

/**
 * Patterns are RE2's (the syntax CEL asks for): no backreferences, no lookaround, and so a match takes time linear in
 * the text, whoever wrote the pattern. What remains to bound is the size of the automaton and the length of the text.
 */
export const MAX_PATTERN_LENGTH = 512;
export const MAX_PATTERN_SIZE = 2_000;
/** Work that one step of a budget pays for: characters of text times instructions of the automaton. */
const WORK_PER_STEP = 32;

export interface BoundedPattern {
  readonly source: string;
  /** What a match against a text of this length may take, in steps. */
  cost(textLength: number): number;
  /** True when the pattern matches anywhere in the text, as in CEL and in JSON Schema. */
  test(text: string): boolean;
}

export type PatternResult = { ok: true; pattern: BoundedPattern } | { ok: false; message: string };

const MAX_KNOWN = 1_024;
const known = createLruMap<string, PatternResult>(MAX_KNOWN);

/** Remembers what it compiled lately: a large pattern takes a millisecond, and graphs repeat theirs. */
export function compilePattern(source: string): PatternResult {
  const found = known.get(source);
  if (found) return found;
  const result = compile(source);
  known.set(source, result);
  return result;
}

function compile(source: string): PatternResult {
  if (source.length > MAX_PATTERN_LENGTH) {
    return { ok: false, message: `the pattern is longer than ${MAX_PATTERN_LENGTH} characters` };
  }
  try {
    const program = RE2JS.compile(source);
    const size = program.programSize();
    if (size > MAX_PATTERN_SIZE) {
      return { ok: false, message: 'the pattern repeats too much; write it with smaller counts' };
    }
    return {
      ok: true,
      pattern: {
        source,
        cost: (textLength) => 1 + Math.ceil(((textLength + 1) * size) / WORK_PER_STEP),
        test: (text) => program.test(text),
      },
    };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : 'the pattern cannot be read' };
  }
}
