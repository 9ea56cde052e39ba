import type { z } from 'zod';
import { misfitsOf } from '../../misfit-words.ts';
import type { Report } from '../problems.ts';

type Issue = z.core.$ZodIssue;

/** zod's issues as problems. Of a union, the alternative that the value came nearest to is reported. */
export function reportIssues(issues: readonly Issue[], report: Report): void {
  for (const issue of issues) reportIssue(issue, [], report);
}

function reportIssue(issue: Issue, prefix: readonly (string | number)[], report: Report): void {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  const nearest = issue.code === 'invalid_union' ? nearestAlternative(issue.errors) : null;
  if (nearest) {
    for (const inner of nearest) reportIssue(inner, path, report);
    return;
  }
  for (const { path: at, message } of misfitsOf([{ ...issue, path }])) {
    report({ code: 'invalid-document', message: `${showPath(at)}: ${message}`, path: at });
  }
}

/** The one that was entered deepest; of equals one that is of the value's kind. */
function nearestAlternative(alternatives: readonly (readonly Issue[])[]): readonly Issue[] | null {
  let nearest: readonly Issue[] | null = null;
  for (const issues of alternatives) {
    if (issues.length > 0 && (!nearest || depthOf(issues) > depthOf(nearest))) nearest = issues;
  }
  return nearest;
}

function depthOf(issues: readonly Issue[]): number {
  const isOtherKind = issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
  return Math.min(...issues.slice(0, 100).map(({ path }) => path.length)) + (isOtherKind ? 0 : 0.5);
}

function showPath(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'document';
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part.slice(0, 100)}`))
    .join('')
    .replace(/^\./, '');
}
