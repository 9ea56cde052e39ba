import { canonicalDocument } from '../../../server/domain/graph/canonical.ts';
import { graphSchema } from '../../../server/domain/graph/schema.ts';
import type { Json } from '../../../server/domain/json.ts';
import { type EditorDocument, writeDocument } from '../model/document.ts';

/** By what the two say, not by how they are written: a draft that nobody has changed is no draft to publish. */
export function differsFrom(document: EditorDocument, graph: Json | null): boolean {
  if (document.stages.length === 0) return false;
  const parsed = graphSchema.safeParse(writeDocument(document));
  if (!parsed.success || graph === null) return true;
  const published = graphSchema.safeParse(graph);
  if (!published.success) return true;
  return JSON.stringify(canonicalDocument(parsed.data)) !== JSON.stringify(canonicalDocument(published.data));
}
