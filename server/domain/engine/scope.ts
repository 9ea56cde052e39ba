import type { CompiledExpression, Evaluation } from '../graph/expressions.ts';
import type { Json } from '../json.ts';
import { isTaskUntouched } from '../statuses.ts';
import type { Draft } from './evolve.ts';
import { evaluateOver } from './large-values.ts';

/** An expression may read the run's input and parameters, and just the stages that it names. */
export function evaluateIn(draft: Draft, expression: CompiledExpression): Evaluation {
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
  return evaluateOver(draft.reading, expression, { input: draft.input, params: draft.parameters, stages });
}
