import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import { canonicalJson, type Json } from '#server/domain/json.ts';

/**
 * Keys of the stages that mean in one version what they meant in the other: the same work on the same things. How they
 * are called, who does them, how often they are tried and how long they may take is no part of that.
 */
export function stagesThatMeanTheSame(now: CompiledGraph, before: CompiledGraph): ReadonlySet<string> {
  if (now === before) return new Set(before.indexOf.keys());
  const meanings = meaningsOf(before);
  return new Set(
    [...meaningsOf(now)].flatMap(([key, meaning]) => (meanings.get(key) === meaning ? [key] : [])),
  );
}

function meaningsOf({ graph }: CompiledGraph): Map<string, string> {
  const upstream = new Map<string, string[]>();
  for (const { from, to, when } of graph.dependencies) {
    upstream.set(to, [...(upstream.get(to) ?? []), canonicalJson([from, when])]);
  }
  return new Map(
    graph.stages.map(({ key, kind, type, config, input, outputSchema, condition }) => {
      const after = (upstream.get(key) ?? []).toSorted();
      const work: Json[] = [kind, type, config, input ?? null, outputSchema ?? null, condition ?? null];
      return [key, canonicalJson([...work, after])];
    }),
  );
}
