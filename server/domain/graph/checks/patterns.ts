import type { Report } from '../problems.ts';

/** A large pattern takes a millisecond to compile, so a document may not hold any number of them. */
const MAX_PATTERNS = 1_000;

/** Takes the patterns of one part; false when there were too many, and then nothing more is compiled. */
export type PatternBudget = (patterns: readonly string[]) => boolean;

export function createPatternBudget(report: Report): PatternBudget {
  const different = new Set<string>();
  let told = false;
  return (patterns) => {
    for (const pattern of patterns) different.add(pattern);
    if (different.size <= MAX_PATTERNS) return true;
    const message = `There are more than ${MAX_PATTERNS} different patterns; the rest was not looked at.`;
    if (!told) report({ code: 'too-large', message, path: [] });
    told = true;
    return false;
  };
}
