import type { CompiledExpression, ExpressionVariables } from '../graph/expressions.ts';
import type { Json } from '../json.ts';
import { isTaskUntouched } from '../statuses.ts';
import type { Draft } from './evolve.ts';

/** What an expression may read: the run's input and parameters, and just the stages that it names. */
export function scopeOf(
  draft: Draft,
  expression: Pick<CompiledExpression, 'stageRefs'>,
): ExpressionVariables {
  const stages: { [key: string]: Json } = Object.create(null);
  for (const key of expression.stageRefs) {
    const index = draft.graph.indexOf.get(key);
    const task = index === undefined ? undefined : draft.tasks[index];
    if (!task || isTaskUntouched(task.status)) continue;
    stages[key] = {
      status: task.status,
      output: task.output ?? null,
      error: task.error
        ? { class: task.error.class, code: task.error.code, message: task.error.message }
        : null,
    };
  }
  return { input: draft.input, params: draft.parameters, stages };
}
