import { SignalboxError } from '../errors.ts';
import type { Json } from '../json.ts';
import { type CompiledExpression, compileExpression, type ExpressionScope } from './expressions.ts';
import { compileJsonSchema, type SchemaIssue, validateJson } from './json-schema.ts';
import { findMarks, type Marks } from './marks.ts';
import type { Dependency, Graph, Stage } from './schema.ts';
import { sortTopologically } from './topology.ts';

export type CompiledWhen = 'success' | 'failure' | 'always' | { readonly expression: CompiledExpression };

/** Stages are named by their place in the document. */
export interface CompiledDependency {
  readonly from: number;
  readonly to: number;
  readonly when: CompiledWhen;
}

/** An input is one expression, or one for each field in the order of the document. */
export type CompiledInput =
  | { readonly whole: CompiledExpression }
  | { readonly fields: readonly (readonly [name: string, expression: CompiledExpression])[] };

export type JsonValidator = (value: Json) => SchemaIssue[];

export interface CompiledStage {
  readonly index: number;
  readonly key: string;
  readonly stage: Stage;
  readonly condition: CompiledExpression | null;
  /** Null: the rule of `buildInput` for inputs that are left out. */
  readonly input: CompiledInput | null;
  readonly retryWhen: CompiledExpression | null;
  readonly outputValidator: JsonValidator | null;
}

/** A published graph, ready to be run: build it once for a version and keep it. Nothing in it is ever changed. */
export interface CompiledGraph {
  readonly graph: Graph;
  readonly stages: readonly CompiledStage[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly incoming: readonly (readonly CompiledDependency[])[];
  readonly outgoing: readonly (readonly CompiledDependency[])[];
  /** Every stage after all those it depends on; ties in the order of the document. */
  readonly order: readonly number[];
  /** Stages that depend on nothing. */
  readonly roots: readonly number[];
  readonly inputValidator: JsonValidator | null;
  readonly parametersValidator: JsonValidator | null;
  /** What of its runs people do not read without asking for it. */
  readonly marks: Marks;
}

const NO_DEPENDENCIES: readonly CompiledDependency[] = Object.freeze([]);

/** Throws for a graph that `validateGraph` would refuse: such a one must not have been published. */
export function compileGraph(graph: Graph): CompiledGraph {
  const indexOf = new Map<string, number>();
  for (const [index, { key }] of graph.stages.entries()) {
    if (indexOf.has(key)) throw unfit(`two stages have the key ${key}`);
    indexOf.set(key, index);
  }
  const { incoming, outgoing } = compileDependencies(graph, indexOf);
  const { order, rest } = sortTopologically(
    incoming.map((edges) => edges.length),
    (index) => (outgoing[index] ?? NO_DEPENDENCIES).map((edge) => edge.to),
  );
  if (rest.length > 0) throw unfit('its stages depend on each other in a circle');
  const shape = { graph, stages: graph.stages.map(compileStage), indexOf, incoming, order };
  return {
    ...shape,
    outgoing,
    marks: findMarks(shape),
    roots: order.filter((index) => incoming[index]?.length === 0),
    inputValidator: compileValidator(graph.inputSchema, 'inputSchema'),
    parametersValidator: compileValidator(graph.parametersSchema, 'parametersSchema'),
  };
}

function unfit(why: string): SignalboxError {
  return new SignalboxError('INVALID', `The graph cannot be compiled: ${why}.`, {
    advice: 'Validate the graph and correct what it reports.',
  });
}

function compileDependencies(
  graph: Graph,
  indexOf: ReadonlyMap<string, number>,
): Pick<CompiledGraph, 'incoming' | 'outgoing'> {
  const incoming = new Array<readonly CompiledDependency[]>(graph.stages.length).fill(NO_DEPENDENCIES);
  const outgoing = new Array<readonly CompiledDependency[]>(graph.stages.length).fill(NO_DEPENDENCIES);
  for (const dependency of graph.dependencies) {
    const compiled = compileDependency(dependency, indexOf);
    append(incoming, compiled.to, compiled);
    append(outgoing, compiled.from, compiled);
  }
  return { incoming, outgoing };
}

/** Most stages of a wide graph have no or one edge on a side, so lists exist only where there is something in them. */
function append(lists: (readonly CompiledDependency[])[], at: number, edge: CompiledDependency): void {
  const list = lists[at];
  if (list === undefined || list === NO_DEPENDENCIES) lists[at] = [edge];
  else (list as CompiledDependency[]).push(edge);
}

function compileDependency(
  { from, to, when }: Dependency,
  indexOf: ReadonlyMap<string, number>,
): CompiledDependency {
  const fromIndex = indexOf.get(from);
  const toIndex = indexOf.get(to);
  if (fromIndex === undefined || toIndex === undefined) {
    throw unfit(`the dependency ${from} -> ${to} names a stage that does not exist`);
  }
  if (typeof when === 'string') return { from: fromIndex, to: toIndex, when };
  return { from: fromIndex, to: toIndex, when: { expression: compileOrThrow(when.expression, 'stage') } };
}

function compileStage(stage: Stage, index: number): CompiledStage {
  const { condition, retry } = stage;
  return {
    index,
    key: stage.key,
    stage,
    condition: condition === undefined ? null : compileOrThrow(condition, 'stage'),
    input: compileInput(stage.input),
    retryWhen: retry.whenOutput === undefined ? null : compileOrThrow(retry.whenOutput, 'retry'),
    outputValidator: compileValidator(stage.outputSchema, `the outputSchema of ${stage.key}`),
  };
}

function compileInput(input: Stage['input']): CompiledInput | null {
  if (input === undefined) return null;
  if (typeof input === 'string') return { whole: compileOrThrow(input, 'stage') };
  return {
    fields: Object.entries(input).map(([name, source]) => [name, compileOrThrow(source, 'stage')] as const),
  };
}

function compileOrThrow(source: string, scope: ExpressionScope): CompiledExpression {
  const result = compileExpression(source, scope);
  if (result.ok) return result.expression;
  throw unfit(`in the expression ${JSON.stringify(source.slice(0, 200))}: ${result.problem.message}`);
}

function compileValidator(schema: Json | undefined, where: string): JsonValidator | null {
  if (schema === undefined) return null;
  const compiled = compileJsonSchema(schema);
  if (!compiled.ok) throw unfit(`${where}: ${compiled.problems.map(({ message }) => message).join('; ')}`);
  return (value) => validateJson(compiled.schema, value);
}
