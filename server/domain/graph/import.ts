import { type Json, measureJson } from '../json.ts';
import { positionAt } from './expressions.ts';
import type { ImportProblem, TextFault, TextResult } from './import-problems.ts';
import { scanJson } from './json-scan.ts';
import { readYaml } from './yaml-read.ts';

export const MAX_DOCUMENT_DEPTH = 64;
/** Room for the largest graph, written out in full. */
export const MAX_JSON_BYTES = 32 * 1024 * 1024;
/** YAML takes seconds for each megabyte, on a thread of its own: graphs of thousands of stages travel as JSON. */
export const MAX_YAML_BYTES = 5 * 1024 * 1024;

export type Imported = { ok: true; document: Json } | { ok: false; problems: ImportProblem[] };

const MAX_PROBLEMS = 50;

/** Reads the text and no more: what it says is judged by `validateGraph`. */
export function importDocument(text: string, format: 'json' | 'yaml'): Imported {
  const maxBytes = format === 'json' ? MAX_JSON_BYTES : MAX_YAML_BYTES;
  if (text.length > maxBytes) {
    const mebibytes = maxBytes / 1024 / 1024;
    return refuse(text, [
      { code: 'too-large', message: `The text is larger than ${mebibytes} MiB.`, offset: 0 },
    ]);
  }
  const read = format === 'json' ? readJson(text) : readYaml(text, MAX_DOCUMENT_DEPTH);
  if (!read.ok) return refuse(text, read.faults);
  const measured = measureJson(read.value, { maxBytes, maxDepth: MAX_DOCUMENT_DEPTH });
  if (measured.ok) return { ok: true, document: read.value as Json };
  return refuse(text, [{ ...measured.problem, offset: 0 }]);
}

function refuse(text: string, faults: TextFault[]): Imported {
  const problems = faults.slice(0, MAX_PROBLEMS).map(({ code, message, offset }) => {
    const { line, column } = positionAt(text, Math.min(offset, text.length));
    return { code, message, line, column };
  });
  return { ok: false, problems };
}

/** `JSON.parse` gives no reliable place of an error and takes the last of two equal keys, so the text is scanned first. */
function readJson(text: string): TextResult {
  const fault = scanJson(text, MAX_DOCUMENT_DEPTH);
  if (fault) return { ok: false, faults: [fault] };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, faults: [{ code: 'syntax', message: String(error), offset: 0 }] };
  }
}
