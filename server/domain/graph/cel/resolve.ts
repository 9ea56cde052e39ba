import type { ASTNode } from '@marcbachmann/cel-js';
import { compilePattern } from '../regex.ts';
import {
  ARITHMETIC,
  type BinaryOperator,
  COMPARISONS,
  FOLDS,
  type Node,
  STAGE_FIELDS,
  type StageField,
} from './ast.ts';
import { type FunctionSpec, findFunctions, MAX_INT, MIN_INT } from './functions.ts';
import { Refusal } from './refusal.ts';
import type { Span } from './span.ts';

/** One read of a variable or a stage. `field` is null where the stage as a whole is read. */
export type Reference = Span &
  ({ kind: 'stage'; key: string; field: StageField | null } | { kind: 'variable'; name: string });

interface Names {
  variables: readonly string[];
  locals: ReadonlyMap<string, number>;
  references: Reference[];
  patterns: string[];
  depth: number;
}

const MAX_TREE_DEPTH = 250;
const MAX_PATTERNS = 20;
const BINARY: ReadonlySet<string> = new Set([...ARITHMETIC, ...COMPARISONS, '==', '!=', 'in']);
const FOLD_NAMES: ReadonlySet<string> = new Set(FOLDS);

/** Binds the library's tree to variables, slots and functions; throws a `Refusal` for what has no meaning here. */
export function bindNames(
  ast: ASTNode,
  variables: readonly string[],
  patterns: string[],
): { root: Node; references: Reference[] } {
  const references: Reference[] = [];
  const root = bind(ast, { variables, locals: new Map(), references, patterns, depth: 0 });
  return { root, references };
}

function bind(ast: ASTNode, outer: Names): Node {
  const names = { ...outer, depth: outer.depth + 1 };
  if (names.depth > MAX_TREE_DEPTH) {
    throw new Refusal('expression-unsupported', 'The expression is nested too deep.', ast);
  }
  const { start, end } = ast;
  switch (ast.op) {
    case 'value':
      return { op: 'literal', value: literal(ast.args, ast), start, end };
    case 'id':
      return bindName(ast.args, names, { start, end });
    case '.':
      return bindAccess(ast.args[0], ast.args[1], { ast, names });
    case '[]':
      return bindIndex(ast, names);
    case 'call':
      return bindCall(ast, names);
    case 'rcall':
      return bindMethod(ast, names);
    case 'list':
      return { op: 'list', items: ast.args.map((item) => bind(item, names)), start, end };
    case 'map': {
      const entries = ast.args.map(([key, value]): [Node, Node] => [bind(key, names), bind(value, names)]);
      return { op: 'map', entries, start, end };
    }
    case '?:': {
      const [condition, yes, no] = ast.args;
      return {
        op: 'if',
        condition: bind(condition, names),
        yes: bind(yes, names),
        no: bind(no, names),
        start,
        end,
      };
    }
    case '||':
    case '&&': {
      const [left, right] = ast.args;
      return {
        op: 'logic',
        and: ast.op === '&&',
        left: bind(left, names),
        right: bind(right, names),
        start,
        end,
      };
    }
    case '!_':
      return { op: 'not', of: bind(ast.args, names), start, end };
    case '-_':
      return bindNegation(ast, names);
    default:
      return bindBinary(ast, names);
  }
}

type AstOf<Op extends ASTNode['op']> = Extract<ASTNode, { op: Op }>;

function bindBinary(ast: ASTNode, names: Names): Node {
  const { op, args } = ast;
  if (!BINARY.has(op) || !Array.isArray(args)) {
    throw new Refusal('expression-unsupported', `${op} is not supported.`, ast);
  }
  const [left, right] = args as [ASTNode, ASTNode];
  return {
    op: 'binary',
    operator: op as BinaryOperator,
    left: bind(left, names),
    right: bind(right, names),
    start: ast.start,
    end: ast.end,
  };
}

function literal(value: unknown, at: Span): null | boolean | number | bigint | string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') {
    if (value <= MAX_INT && value >= MIN_INT) return value;
    throw new Refusal('expression-syntax', 'The integer does not fit in 64 bits.', at);
  }
  const what = value instanceof Uint8Array ? 'Bytes are' : 'Unsigned integers are';
  throw new Refusal('expression-unsupported', `${what} not supported, as JSON has none.`, at);
}

function bindNegation(ast: AstOf<'-_'>, names: Names): Node {
  const { start, end } = ast;
  const of = ast.args;
  if (of.op === 'value' && typeof of.args === 'bigint') {
    return { op: 'literal', value: literal(-of.args, ast), start, end };
  }
  return { op: 'negate', of: bind(of, names), start, end };
}

function bindName(name: string, names: Names, span: Span): Node {
  const slot = names.locals.get(name);
  if (slot !== undefined) return { op: 'local', slot, ...span };
  if (!names.variables.includes(name)) {
    const known = names.variables.join(', ');
    throw new Refusal('expression-unknown-name', `There is no ${name}; known here: ${known}.`, span);
  }
  if (name === 'stages') {
    const message = 'A stage must be named: stages.its_key or stages["its-key"].';
    throw new Refusal('expression-unsupported', message, span);
  }
  names.references.push({ kind: 'variable', name, ...span });
  return { op: 'variable', name, ...span };
}

function isStages(ast: ASTNode, names: Names): boolean {
  return (
    ast.op === 'id' &&
    ast.args === 'stages' &&
    names.variables.includes('stages') &&
    !names.locals.has('stages')
  );
}

function bindIndex(ast: AstOf<'[]'>, names: Names): Node {
  const [of, index] = ast.args;
  if (index.op === 'value' && typeof index.args === 'string') {
    return bindAccess(of, index.args, { ast, names });
  }
  const { start, end } = ast;
  const bound = bind(of, names);
  if (bound.op === 'stage') throw unknownField(bound.key, ast);
  return { op: 'index', of: bound, index: bind(index, names), start, end };
}

/** `x.field` and `x["field"]`, where a stage and what is read of it become one reference. */
function bindAccess(of: ASTNode, field: string, { ast, names }: { ast: ASTNode; names: Names }): Node {
  const { start, end } = ast;
  if (isStages(of, names)) {
    names.references.push({ kind: 'stage', key: field, field: null, start, end });
    return { op: 'stage', key: field, start, end };
  }
  const bound = bind(of, names);
  if (bound.op === 'stage') {
    const known = STAGE_FIELDS.find((name) => name === field);
    if (!known) throw unknownField(bound.key, ast);
    names.references.pop();
    names.references.push({ kind: 'stage', key: bound.key, field: known, start, end });
  }
  return { op: 'select', of: bound, field, start, end };
}

function unknownField(key: string, at: Span): Refusal {
  const message = `Of stages.${key} only output, status and error can be read.`;
  return new Refusal('expression-unknown-name', message, at);
}

function bindCall(ast: AstOf<'call'>, names: Names): Node {
  const [name, args] = ast.args;
  if (name === 'has') return bindHas(args[0], { ast, names });
  if (name === 'dyn' && args.length === 1 && args[0]) return bind(args[0], names);
  const { start, end } = ast;
  const fn = pickFunction(name, { args, style: 'global', at: ast, names });
  return { op: 'call', fn, args: args.map((arg) => bind(arg, names)), start, end };
}

function bindHas(argument: ASTNode | undefined, { ast, names }: { ast: ASTNode; names: Names }): Node {
  const bound = argument && bind(argument, names);
  if (bound?.op !== 'select') {
    throw new Refusal('expression-syntax', 'has() takes a path that ends in a field: has(input.name).', ast);
  }
  return { op: 'has', of: bound.of, field: bound.field, start: ast.start, end: ast.end };
}

function bindMethod(ast: AstOf<'rcall'>, names: Names): Node {
  const [name, receiver, args] = ast.args;
  if (receiver.op === 'id' && receiver.args === 'cel' && name === 'bind') return bindBind(ast, names);
  if (FOLD_NAMES.has(name)) return bindFold(ast, names);
  const { start, end } = ast;
  const all = [receiver, ...args];
  const fn = pickFunction(name, { args: all, style: 'method', at: ast, names });
  return { op: 'call', fn, args: all.map((arg) => bind(arg, names)), start, end };
}

function pickFunction(
  name: string,
  { args, style, at, names }: { args: ASTNode[]; style: 'method' | 'global'; at: Span; names: Names },
): FunctionSpec {
  const named = findFunctions(name).filter((fn) => fn.style === style || fn.style === 'both');
  if (named.length === 0) {
    const what = style === 'method' ? `.${name}()` : `${name}()`;
    throw new Refusal('expression-unknown-name', `There is no function ${what}.`, at);
  }
  const fn = named.find(({ takes }) => takes.length === args.length);
  if (!fn) throw new Refusal('expression-syntax', `${name}() does not take that many arguments.`, at);
  return name === 'matches' ? withPattern(fn, args[1], { at, names }) : fn;
}

/** The pattern is a literal, so that it is read once, and refused when it is published and not when it runs. */
function withPattern(
  fn: FunctionSpec,
  argument: ASTNode | undefined,
  { at, names }: { at: Span; names: Names },
): FunctionSpec {
  if (argument?.op !== 'value' || typeof argument.args !== 'string') {
    throw new Refusal('expression-unsupported', 'The pattern of matches() must be a text in quotes.', at);
  }
  names.patterns.push(argument.args);
  if (names.patterns.length > MAX_PATTERNS) {
    throw new Refusal('expression-unsupported', `There are more than ${MAX_PATTERNS} patterns.`, at);
  }
  const compiled = compilePattern(argument.args);
  if (compiled.ok) return { ...fn, pattern: compiled.pattern };
  throw new Refusal('expression-syntax', `The pattern cannot be used: ${compiled.message}.`, argument);
}

function declare(variable: ASTNode | undefined, names: Names): { slot: number; inner: Names } {
  if (variable?.op !== 'id') throw new Error('the library lets only names through here');
  const slot = names.depth;
  return { slot, inner: { ...names, locals: new Map(names.locals).set(variable.args, slot) } };
}

function bindFold(ast: AstOf<'rcall'>, names: Names): Node {
  const [name, receiver, args] = ast.args;
  const kind = FOLDS.find((known) => known === name);
  if (!kind || args.length < 2 || args.length > (kind === 'map' ? 3 : 2)) {
    throw new Refusal('expression-syntax', `${name}() takes a name and an expression.`, ast);
  }
  const over = bind(receiver, names);
  const { slot, inner } = declare(args[0], names);
  const rest = args.slice(1).map((arg) => bind(arg, inner));
  const result = kind === 'map' ? (rest.pop() ?? null) : null;
  return { op: 'fold', kind, over, slot, predicate: rest[0] ?? null, result, start: ast.start, end: ast.end };
}

function bindBind(ast: AstOf<'rcall'>, names: Names): Node {
  const [variable, valueAst, bodyAst] = ast.args[2];
  if (!valueAst || !bodyAst) {
    throw new Refusal('expression-syntax', 'cel.bind() takes a name, a value and an expression.', ast);
  }
  const value = bind(valueAst, names);
  const { slot, inner } = declare(variable, names);
  return { op: 'bind', slot, value, body: bind(bodyAst, inner), start: ast.start, end: ast.end };
}
