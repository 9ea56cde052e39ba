import type { CompiledDependency } from '../graph/compile.ts';
import type { Reference } from '../graph/expressions.ts';
import { onFailureOf } from '../graph/schema.ts';
import type { Json } from '../json.ts';
import { isTaskFailure, isTaskSkipped, isTaskSuccess } from '../statuses.ts';
import type { SkipReason, TaskError } from './events.ts';
import { type Draft, taskOf } from './evolve.ts';
import { evaluateIn } from './scope.ts';

/**
 * What a dependency says once its upstream task is over.
 * `taken`: go on. `untaken`: another branch was chosen; neutral. `blocked`: what was needed is not there.
 */
type EdgeVerdict = 'taken' | 'untaken' | 'blocked' | { lacks: string } | { error: TaskError };

export type Readiness =
  | { run: true }
  | { run: false; reason: SkipReason; why?: string }
  | { run: false; error: TaskError };

/**
 * A task runs when no incoming dependency is blocked and at least one is taken (a task without any always may).
 * So a join behind a branch runs although the other arm was skipped, and nothing runs on what has failed.
 * In a failing run only handlers run: tasks entered through a dependency that is not on plain success.
 */
export function judgeReadiness(draft: Draft, index: number): Readiness {
  const incoming = draft.graph.incoming[index] ?? [];
  let taken = incoming.length === 0;
  let handler = false;
  let why: string | undefined;
  for (const edge of incoming) {
    const verdict = judgeEdge(draft, edge);
    if (typeof verdict === 'object') {
      if ('error' in verdict) return { run: false, error: verdict.error };
      why ??= verdict.lacks;
    }
    if (verdict === 'blocked')
      return { run: false, reason: draft.failing ? 'run-failing' : 'upstream-failed' };
    if (verdict === 'taken') {
      taken = true;
      if (edge.when !== 'success') handler = true;
    }
  }
  if (draft.failing && !handler) return { run: false, reason: 'run-failing' };
  if (!taken) return { run: false, reason: 'branch-not-taken', ...(why === undefined ? {} : { why }) };
  return judgeCondition(draft, index);
}

function judgeCondition(draft: Draft, index: number): Readiness {
  const condition = draft.graph.stages[index]?.condition;
  if (!condition) return { run: true };
  const result = evaluateIn(draft, condition);
  if (!result.ok) return { run: false, error: expressionError('condition', result.message) };
  const complaint = complainOfVerdict(result.value);
  if (complaint !== null) return { run: false, error: expressionError('condition', complaint) };
  return result.value === true ? { run: true } : { run: false, reason: 'condition-false' };
}

/** Anything but true or false is a mistake in the condition: to take it for false would pass a stage over in silence. */
export function complainOfVerdict(value: Json): string | null {
  if (typeof value === 'boolean') return null;
  const what = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
  return `It gives ${what}, and must give true or false.`;
}

/** Passed over for no fault of its own. */
const NEUTRAL: ReadonlySet<SkipReason | null> = new Set(['branch-not-taken', 'condition-false', 'left-out']);

function judgeEdge(draft: Draft, edge: CompiledDependency): EdgeVerdict {
  const from = taskOf(draft, edge.from);
  if (edge.when === 'always') return 'taken';
  if (isTaskSkipped(from.status)) {
    return NEUTRAL.has(from.skip) ? 'untaken' : 'blocked';
  }
  const failed = isTaskFailure(from.status);
  if (!failed && !isTaskSuccess(from.status)) return 'blocked';
  if (edge.when === 'failure') return failed ? 'taken' : 'untaken';
  if (edge.when === 'success') {
    const stage = draft.graph.stages[edge.from];
    return !failed || (stage && onFailureOf(stage.stage) === 'continue') ? 'taken' : 'blocked';
  }
  const result = evaluateIn(draft, edge.when.expression);
  if (result.ok) {
    const complaint = complainOfVerdict(result.value);
    if (complaint !== null) return { error: expressionError('condition of the dependency', complaint) };
    return result.value === true ? 'taken' : 'untaken';
  }
  const lacks = explainLack(draft, result.reads);
  return lacks ? { lacks } : { error: expressionError('condition of the dependency', result.message) };
}

/**
 * A stage that did not succeed has no output, and one that did not fail has no error. An expression that breaks on that
 * was written for the other outcome: its branch is not taken. Whatever else it breaks on is a mistake in it.
 */
function explainLack(draft: Draft, reads: readonly Reference[]): string | null {
  for (const read of reads) {
    const index = read.kind === 'stage' ? draft.graph.indexOf.get(read.key) : undefined;
    if (read.kind !== 'stage' || index === undefined) continue;
    const { status } = taskOf(draft, index);
    const has = { output: isTaskSuccess(status), error: isTaskFailure(status), status: true };
    if (read.field === null || has[read.field]) continue;
    const verb = isTaskSkipped(status) ? 'was' : 'has';
    return `The branch was not taken: its expression needs the ${read.field} of ${read.key}, which ${verb} ${status} and has none.`;
  }
  return null;
}

export function expressionError(what: string, message: string): TaskError {
  return {
    class: 'invalid-input',
    code: 'EXPRESSION_FAILED',
    message: `The ${what} could not be evaluated: ${message}`,
  };
}
