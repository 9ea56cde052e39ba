export const IMPORT_CODES = [
  'too-large',
  'too-deep',
  'syntax',
  'duplicate-key',
  'alias-bomb',
  'unsupported-yaml',
  'not-json',
] as const;
export type ImportCode = (typeof IMPORT_CODES)[number];

export interface ImportProblem {
  code: ImportCode;
  message: string;
  /** Both count from 1. */
  line: number;
  column: number;
}

/** A fault of the text at an offset, before that is turned into line and column. */
export interface TextFault {
  code: ImportCode;
  message: string;
  offset: number;
}

export type TextResult = { ok: true; value: unknown } | { ok: false; faults: TextFault[] };
