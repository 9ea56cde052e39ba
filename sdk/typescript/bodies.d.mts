/** What is sent with some calls, and what is said of a document. */

export interface RunBody {
  input_data?: unknown;
  parameters?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  notification?: { webhook?: string; email?: string };
  /** A version's number; left out, the newest. */
  version?: number;
}

export interface RevealBody {
  /** Its place in the pipeline; left out: what the run was given. */
  stage?: number;
  /** For those who read the audit. */
  reason?: string;
  limit?: number;
  cursor?: string;
  /** The `next_attempts_after` of the answer before. */
  attempts_after?: number;
}

export interface Problem {
  code: string;
  severity: 'error' | 'warning';
  message: string;
  advice: string;
  path: (string | number)[];
  [field: string]: unknown;
}

export interface Verdict {
  valid: boolean;
  /** Where in the document. */
  problems: Problem[];
  /** Where in the text, when it cannot be read. */
  faults: { code: string; message: string; line: number; column: number }[];
}
