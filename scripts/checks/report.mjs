import { relative } from 'node:path';
import { ROOT } from '../lib/paths.mjs';

/**
 * The one way a check ends: the problems it found, each with its place, and an exit code.
 * @param {string} name @param {{ file: string, line?: number, text: string }[]} problems
 */
export function reportProblems(name, problems) {
  for (const { file, line, text } of problems) {
    console.error(`${relative(ROOT, file) || file}${line === undefined ? '' : `:${line}`}: ${text}`);
  }
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  console.log(`${name}: ${problems.length === 0 ? 'nothing to complain about' : count}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
