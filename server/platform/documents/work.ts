import { contentHash } from '#server/domain/graph/canonical.ts';
import { type Imported, importDocument } from '#server/domain/graph/import.ts';
import type { Graph } from '#server/domain/graph/schema.ts';
import { type Problem, validateGraph } from '#server/domain/graph/validate.ts';
import type { Json } from '#server/domain/json.ts';

/** What is done to documents, here or on another thread. */
export type DocumentJob =
  | { kind: 'read'; text: string; format: 'json' | 'yaml' }
  | { kind: 'judge'; document: Json };

export type Judgement =
  | { ok: true; graph: Graph; hash: string; problems: Problem[] }
  | { ok: false; problems: Problem[] };

export type DocumentAnswer<Kind extends DocumentJob['kind']> = Kind extends 'read' ? Imported : Judgement;

export function workOn(job: DocumentJob): Imported | Judgement {
  return job.kind === 'read' ? importDocument(job.text, job.format) : judge(job.document);
}

function judge(document: Json): Judgement {
  const result = validateGraph(document);
  const { problems } = result;
  return result.ok
    ? { ok: true, graph: result.graph, hash: contentHash(result.graph), problems }
    : { ok: false, problems };
}
