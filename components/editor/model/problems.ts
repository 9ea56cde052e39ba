import type { ItemId } from './items.ts';

export interface EditorProblem {
  /** The same for the same problem, so that a list of them stands still while somebody types. */
  id: string;
  severity: 'error' | 'warning';
  message: string;
  advice: string;
  /** What to go to. Null: the pipeline itself. */
  item: ItemId | null;
  /** The field of the stage that it is about. */
  field: string | null;
  /** Where within that field, as `arguments`, `question`. */
  within: readonly string[];
  /** Where in the field's expression. */
  span: { start: number; end: number } | null;
}

export interface ProblemCounts {
  errors: number;
  warnings: number;
}

export function countProblems(problems: readonly EditorProblem[]): ProblemCounts {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return { errors, warnings: problems.length - errors };
}

/** The worst of each item. */
export function severityByItem(
  problems: readonly EditorProblem[],
): ReadonlyMap<string, EditorProblem['severity']> {
  const worst = new Map<string, EditorProblem['severity']>();
  for (const { item, severity } of problems) {
    if (item !== null && worst.get(item) !== 'error') worst.set(item, severity);
  }
  return worst;
}
