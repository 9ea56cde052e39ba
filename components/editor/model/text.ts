import { stringify } from 'yaml';
import { exportYaml } from '../../../server/domain/graph/canonical.ts';
import { importDocument } from '../../../server/domain/graph/import.ts';
import { graphSchema } from '../../../server/domain/graph/schema.ts';
import { isJsonObject, type Json, type JsonObject, setOwn } from '../../../server/domain/json.ts';
import { type EditorDocument, writeDocument } from './document.ts';
import { readDocument } from './read-document.ts';

/** A sound document is written as an export is; one that is wrong as it stands, so that the text can mend it. */
export function toYaml(document: EditorDocument): string {
  const written = writeDocument(document);
  const parsed = graphSchema.safeParse(written);
  if (parsed.success) return exportYaml(parsed.data);
  return stringify(sortKeys(written), { version: '1.2', lineWidth: 0, aliasDuplicateObjects: false });
}

export interface TextFault {
  message: string;
  /** Counts from 1. */
  line: number;
}

export type FromText = { ok: true; document: EditorDocument } | { ok: false; faults: TextFault[] };

export function fromText(text: string, format: 'yaml' | 'json' = 'yaml'): FromText {
  const imported = importDocument(text, format);
  if (!imported.ok)
    return { ok: false, faults: imported.problems.map(({ message, line }) => ({ message, line })) };
  const read = readDocument(imported.document);
  return read.ok ? read : { ok: false, faults: [{ message: read.reason, line: 1 }] };
}

/** Two documents that say the same have the same one, whatever the order of their keys. */
export function fingerprint(document: EditorDocument): string {
  return JSON.stringify(sortKeys(writeDocument(document)));
}

function sortKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  const sorted: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const part = value[key];
    if (part !== undefined) setOwn(sorted, key, sortKeys(part));
  }
  return sorted;
}
