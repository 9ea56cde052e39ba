import {
  type CompiledExpression,
  type Evaluation,
  type ExpressionVariables,
  evaluateExpression,
} from '../graph/expressions.ts';
import type { Json } from '../json.ts';
import { type PayloadRef, payloadRefOf } from '../payload-ref.ts';

/**
 * Values that are too large for a row stand in the object store, and the engine knows their references. What judges by
 * the value itself opens it here. `decide` cannot wait: a value that is not at hand ends it with `ValuesNeeded`, and
 * whoever called it fetches the values and decides again. One that nobody can have any more makes the expression
 * fail with a sentence, and so the task: a run never waits for what will not come.
 */
export interface LargeValues {
  /** Undefined: it must be fetched first. */
  open(ref: PayloadRef): Opened | undefined;
  /** What a task may be given at most. */
  readonly maxInputBytes: number;
}

export type Opened = { ok: true; value: Json } | { ok: false; message: string };

export const NO_LARGE_VALUES: LargeValues = {
  open: () => ({ ok: false, message: 'there is no object store here.' }),
  maxInputBytes: 64 * 1024 * 1024,
};

/** Thrown by `decide`, which has changed nothing then. No Error: it is no failure and needs no stack. */
export class ValuesNeeded {
  readonly refs: readonly PayloadRef[];

  constructor(refs: readonly PayloadRef[]) {
    this.refs = refs;
  }
}

/** What one decision has opened so far. */
export interface Reading {
  readonly values: LargeValues;
  opened: number;
}

/** Evaluates over whole values. Where none is large, nothing is copied, and nothing but that is found out. */
export function evaluateOver(
  reading: Reading,
  expression: CompiledExpression,
  variables: ExpressionVariables,
): Evaluation {
  return opensLarge(expression, variables)
    ? evaluateOpened(reading, expression, variables)
    : evaluateExpression(expression, variables);
}

type Name = 'input' | 'params' | 'output';

function opensLarge({ opens }: CompiledExpression, variables: ExpressionVariables): boolean {
  for (const name of opens.variables) if (payloadRefOf(variables[name as Name])) return true;
  for (const key of opens.stages) if (payloadRefOf(stageOf(variables, key)?.output)) return true;
  return false;
}

function stageOf({ stages }: ExpressionVariables, key: string): { [field: string]: Json } | undefined {
  return stages?.[key] as { [field: string]: Json } | undefined;
}

function evaluateOpened(
  reading: Reading,
  expression: CompiledExpression,
  variables: ExpressionVariables,
): Evaluation {
  const needed: PayloadRef[] = [];
  const standIns = new Map<Json, Json>();
  let trouble: Extract<Evaluation, { ok: false }> | null = null;
  const open = (what: string, given: Json | undefined): Json | undefined => {
    const ref = payloadRefOf(given);
    if (!ref || given === undefined) return given;
    const opened = reading.values.open(ref);
    if (opened === undefined) needed.push(ref);
    else if (!opened.ok)
      trouble ??= {
        ok: false,
        code: 'unreadable',
        message: `${what} cannot be read: ${opened.message}`,
        reads: [],
      };
    else standIns.set(opened.value, given);
    return opened?.ok ? opened.value : given;
  };
  const whole: { -readonly [Key in keyof ExpressionVariables]: ExpressionVariables[Key] } = { ...variables };
  for (const name of expression.opens.variables) {
    const value = open(name, variables[name as Name]);
    if (value !== undefined) whole[name as Name] = value;
  }
  const stages: { [key: string]: Json } = Object.assign(Object.create(null), variables.stages);
  for (const key of expression.opens.stages) {
    const stage = stageOf(variables, key);
    if (stage) stages[key] = { ...stage, output: open(`The output of ${key}`, stage.output) ?? null };
  }
  if (needed.length > 0) throw new ValuesNeeded(needed);
  if (trouble) return trouble;
  reading.opened += standIns.size;
  return evaluateExpression(expression, { ...whole, stages }, { standIns });
}
