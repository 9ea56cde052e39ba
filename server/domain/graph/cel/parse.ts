import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import type { Node } from './ast.ts';
import { Refusal, type SyntaxCode } from './refusal.ts';
import { bindNames, type Reference } from './resolve.ts';
import type { Span } from './span.ts';

export interface SyntaxProblem {
  code: SyntaxCode;
  message: string;
  span: Span;
}

export type ParseResult =
  | { ok: true; root: Node; references: Reference[]; patterns: string[] }
  | { ok: false; problem: SyntaxProblem; patterns: string[] };

export const MAX_SOURCE_LENGTH = 4096;

/**
 * The library reads the text; its tree is then bound to names and run by our own evaluator, as the library's cannot be
 * stopped, and takes `input.count + 1` for an error (JSON has doubles only, and CEL does not add those to an int).
 */
const LIMITS = {
  maxDepth: 100,
  maxAstNodes: 2_000,
  maxListElements: 500,
  maxMapEntries: 500,
  maxCallArguments: 8,
};

export function createParser(): (source: string) => ASTNode {
  const environment = new Environment({ unlistedVariablesAreDyn: true, limits: LIMITS });
  return (source) => environment.parse(source).ast;
}

export function parseExpression(
  source: string,
  variables: readonly string[],
  parser: (source: string) => ASTNode,
): ParseResult {
  const whole = { start: 0, end: source.length };
  const patterns: string[] = [];
  if (source.length > MAX_SOURCE_LENGTH) {
    const message = `The expression is longer than ${MAX_SOURCE_LENGTH} characters.`;
    return { ok: false, problem: { code: 'expression-unsupported', message, span: whole }, patterns };
  }
  try {
    return { ok: true, ...bindNames(parser(source), variables, patterns), patterns };
  } catch (error) {
    return { ok: false, problem: toProblem(error, whole), patterns };
  }
}

function toProblem(error: unknown, whole: Span): SyntaxProblem {
  if (error instanceof Refusal) return { code: error.code, message: error.message, span: error.span };
  if (error instanceof ParseError) {
    const span = error.range ? { start: error.range.start, end: error.range.end } : whole;
    return { code: 'expression-syntax', message: `${error.summary}.`, span };
  }
  const message = error instanceof RangeError ? 'The expression is nested too deep.' : String(error);
  return { code: 'expression-unsupported', message, span: whole };
}
