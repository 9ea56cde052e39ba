import type { Json } from '../../../server/domain/json.ts';
import type { Published } from '../context.ts';

/** Somebody else may have published since. An answer that was on its way while this editor published is older than what it knows. */
export function newestPublished(
  known: Published,
  told: { number: number; graph: Json } | null | undefined,
): Published {
  if (!told || told.number <= (known.number ?? 0)) return known;
  return { ...known, number: told.number, graph: told.graph };
}
