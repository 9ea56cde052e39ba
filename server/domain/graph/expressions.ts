import type { Json } from '../json.ts';
import type { Node } from './cel/ast.ts';
import { evaluate } from './cel/evaluate.ts';
import { type Opens, opensOf } from './cel/opens.ts';
import { createParser, parseExpression } from './cel/parse.ts';
import type { SyntaxCode } from './cel/refusal.ts';
import type { Reference } from './cel/resolve.ts';
import { toJson } from './cel/to-json.ts';
import { type EvaluationCode, Fault, type Machine } from './cel/values.ts';
import { createLruMap } from './lru-map.ts';

/**
 * The one door to expressions. They are CEL, run by an evaluator that counts its steps; the README
 * says what people may write. Nothing here throws, whatever the source and the data are.
 */
const VARIABLES_OF = {
  /** Conditions, dependencies and input mappings. */
  stage: ['input', 'params', 'stages'],
  /** `retry.whenOutput`. */
  retry: ['output', 'attempt'],
} as const;

export type { Reference };

export type ExpressionScope = keyof typeof VARIABLES_OF;

/** What is left out reads as null. `stages` needs only the stages in `stageRefs`, each `{ output, status, error }`. */
export interface ExpressionVariables {
  input?: Json;
  params?: Json;
  stages?: { readonly [key: string]: Json };
  output?: Json;
  attempt?: number;
}

export interface CompiledExpression {
  readonly source: string;
  readonly scope: ExpressionScope;
  readonly root: Node;
  readonly references: readonly Reference[];
  /** Keys of the stages that it reads, each once. */
  readonly stageRefs: readonly string[];
  /** What it looks into, and does not only pass on. */
  readonly opens: Opens;
}

export interface Position {
  offset: number;
  /** Both count from 1. */
  line: number;
  column: number;
}

export interface ExpressionProblem {
  code: SyntaxCode;
  message: string;
  span: { start: number; end: number };
  position: Position;
}

/** `patterns` are those it uses, also when it cannot be compiled for another reason. */
export type CompileResult =
  | { ok: true; expression: CompiledExpression; patterns: readonly string[] }
  | { ok: false; problem: ExpressionProblem; patterns: readonly string[] };

export const MAX_CACHED_EXPRESSIONS = 2_000;

export type ExpressionCompiler = (source: string, scope: ExpressionScope) => CompileResult;

export function createExpressionCompiler(maxCached = MAX_CACHED_EXPRESSIONS): ExpressionCompiler {
  const parser = createParser();
  const known = createLruMap<string, CompileResult>(maxCached);
  return (source, scope) => {
    const cacheKey = `${scope} ${source}`;
    const found = known.get(cacheKey);
    if (found) return found;
    const result = compile(source, scope, parser);
    known.set(cacheKey, result);
    return result;
  };
}

/** The memo behind it holds no state that anybody could see: the same source always gives the same answer. */
export const compileExpression: ExpressionCompiler = createExpressionCompiler();

function compile(
  source: string,
  scope: ExpressionScope,
  parser: ReturnType<typeof createParser>,
): CompileResult {
  const parsed = parseExpression(source, VARIABLES_OF[scope], parser);
  if (!parsed.ok) {
    const position = positionAt(source, parsed.problem.span.start);
    return { ok: false, problem: { ...parsed.problem, position }, patterns: parsed.patterns };
  }
  const { root, references, patterns } = parsed;
  const keys = references.flatMap((reference) => (reference.kind === 'stage' ? [reference.key] : []));
  const expression = { source, scope, root, references, stageRefs: [...new Set(keys)], opens: opensOf(root) };
  return { ok: true, expression, patterns };
}

export const DEFAULT_STEPS = 200_000;

/** `reads`: what was read in the part that failed. Empty where a limit was met, which is no fault of what was read. */
export type Evaluation =
  | { ok: true; value: Json }
  | { ok: false; code: EvaluationCode; message: string; reads: readonly Reference[] };

export function evaluateExpression(
  expression: CompiledExpression,
  variables: ExpressionVariables,
  { steps = DEFAULT_STEPS, standIns }: { steps?: number; standIns?: Machine['standIns'] } = {},
): Evaluation {
  const machine: Machine = {
    variables: variables as Machine['variables'],
    locals: [],
    made: new Set(),
    steps,
    standIns,
  };
  try {
    return { ok: true, value: toJson(evaluate(expression.root, machine), machine) };
  } catch (error) {
    if (error instanceof Fault) {
      return { ok: false, code: error.code, message: error.message, reads: readsIn(expression, error) };
    }
    if (error instanceof RangeError) {
      return {
        ok: false,
        code: 'too-deep',
        message: 'The values are nested too deep or too large.',
        reads: [],
      };
    }
    return { ok: false, code: 'internal', message: String(error), reads: [] };
  }
}

function readsIn({ references }: CompiledExpression, { at, final }: Fault): readonly Reference[] {
  if (at === null || final) return [];
  return references.filter(({ start, end }) => at.start <= start && end <= at.end);
}

/** Few: a document may hold a hundred thousand of them. */
const CONSTANT_STEPS = 200;

/** The value of an expression that reads nothing; null when it reads something or fails. */
export function constantOf(expression: CompiledExpression): { value: Json } | null {
  if (expression.references.length > 0) return null;
  const result = evaluateExpression(expression, {}, { steps: CONSTANT_STEPS });
  return result.ok ? { value: result.value } : null;
}

export type LocatedReference = Reference & { position: Position };

/** Everything an expression reads, in the order of the source; null when it cannot be compiled. */
export function referencesOf(source: string, scope: ExpressionScope = 'stage'): LocatedReference[] | null {
  const result = compileExpression(source, scope);
  if (!result.ok) return null;
  return result.expression.references
    .map((reference) => ({ ...reference, position: positionAt(source, reference.start) }))
    .sort((a, b) => a.start - b.start);
}

export function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  return { offset, line, column: offset - before.lastIndexOf('\n') };
}
