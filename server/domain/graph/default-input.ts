import type { Json } from '../json.ts';
import type { CompiledGraph } from './compile.ts';
import type { CompiledExpression, ExpressionVariables } from './expressions.ts';
export function buildInput(
  graph: CompiledGraph,
  index: number,
  scope: (e: Pick<CompiledExpression, 'stageRefs'>) => ExpressionVariables,
  run: { input: Json; tasks: readonly ({ output: Json | undefined } | undefined)[] },
): { ok: true; value: Json } | { ok: false; message: string } {
  const inc = graph.incoming[index] ?? [];
  if (inc.length === 0) return { ok: true, value: run.input };
  if (inc.length === 1) return { ok: true, value: run.tasks[inc[0]!.from]?.output ?? null };
  return {
    ok: true,
    value: Object.fromEntries(
      inc.map((e) => [graph.stages[e.from]!.stage.key, run.tasks[e.from]?.output ?? null]),
    ),
  };
}
