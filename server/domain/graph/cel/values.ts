import type { Json } from '../../json.ts';
import type { Span } from './span.ts';

/**
 * What an expression computes with: JSON, and what JSON lacks.
 * `bigint` is CEL's int; a `number` is a double. Numbers in data are doubles, as JSON has no integers; literals without
 * a point are ints. Arithmetic and comparison mix the two, so that `input.count + 1` means what it says.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Duration
  | Value[]
  | { [key: string]: Value };
export type ValueMap = { [key: string]: Value };

const duration: unique symbol = Symbol('duration');
export interface Duration {
  readonly [duration]: true;
  readonly ms: number;
}

export function makeDuration(ms: number): Duration {
  return { [duration]: true, ms };
}

export function isDuration(value: Value): value is Duration {
  return typeof value === 'object' && value !== null && duration in value;
}

export function isMap(value: Value): value is ValueMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !isDuration(value)
  );
}

export function isNumeric(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

export const EVALUATION_CODES = [
  'step-budget',
  'too-deep',
  'too-large',
  'no-such-key',
  'type',
  'arithmetic',
  'bad-argument',
  'not-json',
  /** A value that it reads is not to be had. */
  'unreadable',
  'internal',
] as const;
export type EvaluationCode = (typeof EVALUATION_CODES)[number];

/** Thrown inside the evaluator only. No Error: it needs no stack, and `||` catches it by the thousand. */
export class Fault {
  readonly code: EvaluationCode;
  readonly message: string;
  /** What could not be evaluated: the node that failed, or the whole scope of the local that it was about. */
  at: Span | null = null;

  constructor(code: EvaluationCode, message: string) {
    this.code = code;
    this.message = message;
  }

  /** A limit ends the evaluation; nothing in the expression may absorb it. */
  get final(): boolean {
    return this.code === 'step-budget' || this.code === 'too-deep' || this.code === 'internal';
  }
}

export function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'double';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Date) return 'timestamp';
  return isDuration(value) ? 'duration' : 'map';
}

/** What one evaluation carries along. */
export interface Machine {
  readonly variables: { readonly [name: string]: Json | undefined };
  /** Values of macro variables and `cel.bind`, by slot. */
  readonly locals: Value[];
  /** Lists and maps that the expression made: the result copies these, and passes all others on as they are. */
  readonly made: Set<object>;
  /** Large values that were opened for it, and what stands for each: such a value goes on as what stands for it. */
  readonly standIns?: ReadonlyMap<unknown, Json> | undefined;
  steps: number;
}

export function spend(machine: Machine, steps: number): void {
  machine.steps -= steps;
  if (machine.steps < 0) {
    throw new Fault('step-budget', 'It takes more steps than an expression may take.');
  }
}

/** Steps for work that is proportional to a text: it is much faster than other steps. */
export function textSteps(length: number): number {
  return 1 + (length >>> 5);
}

export function make<T extends object>(machine: Machine, container: T): T {
  machine.made.add(container);
  return container;
}
