import type { JsonObject } from '#server/domain/json.ts';
import { invalidInput, shown } from '../engine/failures.ts';

/** One record that cannot be read: where it stands in the file as a person counts, from 1. */
export interface BadRow {
  line: number;
  column: number;
  reason: string;
  text: string;
}

const MAX_SAMPLES = 20;

/** Collects what is skipped, or fails at the first bad row: the option `onBadRow`. */
export interface BadRows {
  report(row: BadRow): void;
  count(): number;
  samples(): JsonObject[];
}

export function badRowMessage(row: BadRow): string {
  return `Line ${row.line}, column ${row.column}: ${row.reason} The text there is ${shown(row.text)}.`;
}

export function createBadRows(onBadRow: 'fail' | 'skip', code: string): BadRows {
  const kept: BadRow[] = [];
  let count = 0;
  return {
    report(row) {
      if (onBadRow === 'fail') {
        throw invalidInput(code, badRowMessage(row), { line: row.line, column: row.column });
      }
      count += 1;
      if (kept.length < MAX_SAMPLES) kept.push(row);
    },
    count: () => count,
    samples: () =>
      kept
        .toSorted((a, b) => a.line - b.line)
        .map((row) => ({
          line: row.line,
          column: row.column,
          reason: row.reason,
          text: row.text.slice(0, 80),
        })),
  };
}
