import { type Json, type JsonObject, setOwn } from '../json.ts';
import type { CompiledGraph, CompiledInput } from './compile.ts';
import type { CompiledExpression, Evaluation } from './expressions.ts';

export type BuiltInput =
  | { ok: true; value: Json }
  /** `field` is that of the mapping whose expression failed. The engine makes it an `invalid-input`. */
  | { ok: false; code: Extract<Evaluation, { ok: false }>['code']; message: string; field?: string };

/** What is known of the run; outputs are looked up only where they are needed. */
export interface InputSource {
  readonly input: Json;
  /** By place in the graph. */
  readonly tasks: readonly ({ readonly output?: Json | undefined } | undefined)[];
}

/**
 * What a stage is given.
 * - `input` is one expression: its value.
 * - `input` has fields: an object of their values.
 * - `input` is left out: nothing upstream, then the run's input; one upstream stage, then its output; several, then an
 *   object from stage key to output, in the order of the dependencies. Where there is no output (skipped, failed) it
 *   is null.
 */
// biome-ignore lint/complexity/useMaxParams: asked for each hand-out; an object would be made and dropped each time.
export function buildInput(
  graph: CompiledGraph,
  index: number,
  evaluate: (expression: CompiledExpression) => Evaluation,
  source: InputSource,
): BuiltInput {
  const mapping = graph.stages[index]?.input ?? null;
  if (mapping === null) return { ok: true, value: defaultInput(graph, index, source) };
  return 'whole' in mapping ? evaluate(mapping.whole) : evaluateFields(mapping.fields, evaluate);
}

function defaultInput(graph: CompiledGraph, index: number, source: InputSource): Json {
  const incoming = graph.incoming[index] ?? [];
  const only = incoming[0];
  if (!only) return source.input;
  if (incoming.length === 1) return source.tasks[only.from]?.output ?? null;
  const outputs: JsonObject = {};
  for (const { from } of incoming) {
    setOwn(outputs, graph.stages[from]?.key ?? '', source.tasks[from]?.output ?? null);
  }
  return outputs;
}

function evaluateFields(
  fields: Extract<CompiledInput, { fields: unknown }>['fields'],
  evaluate: (expression: CompiledExpression) => Evaluation,
): BuiltInput {
  const value: JsonObject = {};
  for (const [field, expression] of fields) {
    const result = evaluate(expression);
    if (!result.ok) return { ...result, message: `${field}: ${result.message}`, field };
    setOwn(value, field, result.value);
  }
  return { ok: true, value };
}
