import { joinMasks, type Mask, maskAt, maskUnder, toPath } from '../hidden.ts';
import type { CompiledExpression } from './expressions.ts';
import { type Read, readsOf } from './reads.ts';
import type { Graph, Mark, Stage } from './schema.ts';

export interface StageMarks {
  readonly input: Mask | null;
  readonly output: Mask | null;
  /** It handles something marked, so what it says (errors, log, notes on its progress) may quote it. */
  readonly isQuiet: boolean;
}

/** What of a run is sensitive: what its designer has marked, and what follows from that. */
export interface Marks {
  readonly isAny: boolean;
  readonly input: Mask | null;
  readonly parameters: Mask | null;
  /** By place in the graph. */
  readonly stages: readonly StageMarks[];
}

interface ShapedStage {
  readonly index: number;
  readonly key: string;
  readonly stage: Stage;
  readonly condition: CompiledExpression | null;
  readonly input:
    | { readonly whole: CompiledExpression }
    | { readonly fields: readonly (readonly [name: string, expression: CompiledExpression])[] }
    | null;
}

interface Edge {
  readonly from: number;
  readonly when: string | { readonly expression: CompiledExpression };
}

/** As much of a compiled graph as it takes. */
interface Shape {
  readonly graph: Graph;
  readonly stages: readonly ShapedStage[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly incoming: readonly (readonly Edge[])[];
  readonly order: readonly number[];
}

interface Found {
  input: Mask | null;
  parameters: Mask | null;
  outputs: (Mask | null)[];
  inputs: (Mask | null)[];
  quiet: boolean[];
}

const UNMARKED: StageMarks = Object.freeze({ input: null, output: null, isQuiet: false });

export function hasMarks({ sensitive, stages }: Graph): boolean {
  return isMarked(sensitive?.input) || isMarked(sensitive?.parameters) || stages.some(isStageMarked);
}

const isMarked = (mark: Mark | undefined): boolean => mark !== undefined && mark !== false;
const isStageMarked = ({ sensitive }: Graph['stages'][number]): boolean =>
  isMarked(sensitive?.input) || isMarked(sensitive?.output);

const toMask = (mark: Mark | undefined): Mask | null =>
  mark === undefined || mark === false ? null : mark === true ? 'whole' : mark.map(toPath);

/**
 * A value is as sensitive where it comes from as where it is marked: the mark of an input goes back to what the input is
 * made of, and from there on to every input that is made of it. What a stage makes of it, only its designer knows: an
 * output is marked by hand.
 */
export function findMarks(shape: Shape): Marks {
  const { graph, stages } = shape;
  if (!hasMarks(graph))
    return { isAny: false, input: null, parameters: null, stages: stages.map(() => UNMARKED) };
  const found: Found = {
    input: toMask(graph.sensitive?.input),
    parameters: toMask(graph.sensitive?.parameters),
    outputs: stages.map(({ stage }) => toMask(stage.sensitive?.output)),
    inputs: stages.map(({ stage }) => toMask(stage.sensitive?.input)),
    quiet: stages.map(() => false),
  };
  for (const stage of stages) goBack(shape, found, stage);
  for (const index of shape.order) goOn(shape, found, index);
  return {
    isAny: true,
    input: found.input,
    parameters: found.parameters,
    stages: stages.map((_, index) => ({
      input: found.inputs[index] ?? null,
      output: found.outputs[index] ?? null,
      isQuiet: found.quiet[index] ?? false,
    })),
  };
}

interface Part {
  at: string[];
  reads: Read[];
}

/** Each part of an input, where in it that part stands, and what it is made of. */
function partsOf({ incoming, stages }: Shape, { index, input }: ShapedStage): Part[] {
  if (input !== null) {
    const fields = 'whole' in input ? [[null, input.whole] as const] : input.fields;
    return fields.map(([name, expression]) => ({
      at: name === null ? [] : [name],
      reads: readsOf(expression),
    }));
  }
  const edges = incoming[index] ?? [];
  if (edges.length === 0) return [{ at: [], reads: [{ of: 'input', path: [], isAll: true }] }];
  return edges.map(({ from }) => {
    const stage = stages[from]?.key ?? '';
    const read: Read = { of: { stage, field: 'output' }, path: [], isAll: true };
    return { at: edges.length === 1 ? [] : [stage], reads: [read] };
  });
}

function goBack(shape: Shape, found: Found, stage: ShapedStage): void {
  const declared = found.inputs[stage.index] ?? null;
  if (declared === null) return;
  for (const { at, reads } of partsOf(shape, stage)) {
    const mask = maskAt(declared, at);
    if (mask === null) continue;
    for (const read of reads) {
      mark(shape, found, { of: read.of, mask: maskUnder(read.path, read.isAll ? mask : 'whole') });
    }
  }
}

function mark(shape: Shape, found: Found, { of, mask }: Pick<Read, 'of'> & { mask: Mask | null }): void {
  if (of === 'input') found.input = joinMasks(found.input, mask);
  else if (of === 'params') found.parameters = joinMasks(found.parameters, mask);
  else {
    const index = shape.indexOf.get(of.stage);
    if (index === undefined || of.field === 'status') return;
    if (of.field !== 'output') found.quiet[index] = true;
    if (of.field !== 'error') found.outputs[index] = joinMasks(found.outputs[index] ?? null, mask);
  }
}

function goOn(shape: Shape, found: Found, index: number): void {
  const stage = shape.stages[index];
  if (!stage) return;
  for (const { at, reads } of partsOf(shape, stage)) {
    for (const read of reads) {
      const mask = maskOf(shape, found, read);
      const passed = read.isAll || mask === null ? mask : 'whole';
      found.inputs[index] = joinMasks(found.inputs[index] ?? null, maskUnder(at, passed));
    }
  }
  const asks = [stage.condition, ...(shape.incoming[index] ?? []).map(askedBy)];
  found.quiet[index] ||=
    found.inputs[index] !== null ||
    found.outputs[index] !== null ||
    // Every agent is given the parameters.
    found.parameters !== null ||
    asks.some((expression) => expression !== null && readsMarked(shape, found, expression));
}

const askedBy = ({ when }: Edge): CompiledExpression | null =>
  typeof when === 'string' ? null : when.expression;

const readsMarked = (shape: Shape, found: Found, expression: CompiledExpression): boolean =>
  readsOf(expression).some((read) => maskOf(shape, found, read) !== null);

/** What is marked of what is read. */
function maskOf(shape: Shape, found: Found, { of, path }: Read): Mask | null {
  if (of === 'input') return maskAt(found.input, path);
  if (of === 'params') return maskAt(found.parameters, path);
  const index = shape.indexOf.get(of.stage);
  if (index === undefined || of.field === 'status') return null;
  if (of.field === 'output') return maskAt(found.outputs[index] ?? null, path);
  return found.quiet[index] ? 'whole' : null;
}
