import type { CompiledDependency } from '../graph/compile.ts';
import { onFailureOf } from '../graph/schema.ts';
import { isTaskFailure, isTaskSkipped, isTaskSuccess } from '../statuses.ts';
import type { SkipReason, TaskError } from './events.ts';
import { type Draft, taskOf } from './evolve.ts';
import { evaluateIn } from './scope.ts';

/**
 * What a dependency says once its upstream task is over.
 * `taken`: go on. `untaken`: another branch was chosen; neutral. `blocked`: what was needed is not there.
 */
type EdgeVerdict = 'taken' | 'untaken' | 'blocked' | { error: TaskError };

export type Readiness = { run: true } | { run: false; reason: SkipReason } | { run: false; error: TaskError };

/**
 * A task runs when no incoming dependency is blocked and at least one is taken (a task without any always may).
 * So a join behind a branch runs although the other arm was skipped, and nothing runs on what has failed.
 * In a failing run only handlers run: tasks entered through a dependency that is not on plain success.
 */
export function judgeReadiness(draft: Draft, index: number): Readiness {
  const incoming = draft.graph.incoming[index] ?? [];
  let taken = incoming.length === 0;
  let handler = false;
  for (const edge of incoming) {
    const verdict = judgeEdge(draft, edge);
    if (typeof verdict === 'object') return { run: false, error: verdict.error };
    if (verdict === 'blocked')
      return { run: false, reason: draft.failing ? 'run-failing' : 'upstream-failed' };
    if (verdict === 'taken') {
      taken = true;
      if (edge.when !== 'success') handler = true;
    }
  }
  if (draft.failing && !handler) return { run: false, reason: 'run-failing' };
  if (!taken) return { run: false, reason: 'branch-not-taken' };
  return judgeCondition(draft, index);
}

function judgeCondition(draft: Draft, index: number): Readiness {
  const condition = draft.graph.stages[index]?.condition;
  if (!condition) return { run: true };
  const result = evaluateIn(draft, condition);
  if (!result.ok) return { run: false, error: expressionError('condition', result.message) };
  return result.value === true ? { run: true } : { run: false, reason: 'condition-false' };
}

function judgeEdge(draft: Draft, edge: CompiledDependency): EdgeVerdict {
  const from = taskOf(draft, edge.from);
  if (edge.when === 'always') return 'taken';
  if (isTaskSkipped(from.status)) {
    return from.skip === 'branch-not-taken' || from.skip === 'condition-false' ? 'untaken' : 'blocked';
  }
  const failed = isTaskFailure(from.status);
  if (!failed && !isTaskSuccess(from.status)) return 'blocked';
  if (edge.when === 'failure') return failed ? 'taken' : 'untaken';
  if (edge.when === 'success') {
    const stage = draft.graph.stages[edge.from];
    return !failed || (stage && onFailureOf(stage.stage) === 'continue') ? 'taken' : 'blocked';
  }
  const result = evaluateIn(draft, edge.when.expression);
  if (!result.ok) return { error: expressionError('condition of the dependency', result.message) };
  return result.value === true ? 'taken' : 'untaken';
}

export function expressionError(what: string, message: string): TaskError {
  return {
    class: 'invalid-input',
    code: 'EXPRESSION_FAILED',
    message: `The ${what} could not be evaluated: ${message}`,
  };
}
