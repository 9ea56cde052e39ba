import { type CompiledExpression, compileExpression } from './expressions.ts';
import type { Graph, Stage } from './schema.ts';
export interface CompiledDependency {
  from: number;
  to: number;
  when: 'success' | 'failure' | 'always' | { expression: CompiledExpression };
}
export interface CompiledStage {
  stage: Stage;
  condition?: CompiledExpression;
  retryWhen?: CompiledExpression;
  checkOutput?: (output: unknown) => string | null;
  input?: CompiledExpression | { [key: string]: CompiledExpression };
}
export interface CompiledGraph {
  stages: CompiledStage[];
  indexOf: Map<string, number>;
  incoming: CompiledDependency[][];
  outgoing: CompiledDependency[][];
}
export function compileGraph(graph: Graph): CompiledGraph {
  const indexOf = new Map(graph.stages.map((s, i) => [s.key, i] as const));
  const incoming: CompiledDependency[][] = graph.stages.map(() => []);
  const outgoing: CompiledDependency[][] = graph.stages.map(() => []);
  for (const d of graph.dependencies) {
    const from = indexOf.get(d.from)!,
      to = indexOf.get(d.to)!;
    const e: CompiledDependency = {
      from,
      to,
      when: typeof d.when === 'string' ? d.when : { expression: compileExpression(d.when.expression) },
    };
    incoming[to]!.push(e);
    outgoing[from]!.push(e);
  }
  return {
    stages: graph.stages.map((stage) => ({
      stage,
      ...(stage.condition ? { condition: compileExpression(stage.condition) } : {}),
    })),
    indexOf,
    incoming,
    outgoing,
  };
}
