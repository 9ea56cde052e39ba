import type { z } from 'zod';
import { type Role, wholeNumber } from './env-values.ts';

export interface Setting<Schema extends z.ZodType = z.ZodType> {
  /** What the variable's text must be; its output is what the program sees. */
  readonly schema: Schema;
  /** The text that holds when the variable is unset; `null` leaves the value undefined. */
  readonly fallback: string | null;
  /** For people: one sentence or two. The documents are generated from it. */
  readonly about: string;
  readonly group: string;
  /** An example for a setting without a default. */
  readonly example?: string;
  /**
   * It guards the installation, so the audit tells when it is another than at the last start: as this writes it, which
   * leaves out what may be secret.
   */
  readonly guards?: (text: string) => string;
  /** Whose processes read it: set for others it is refused. Left out: every process does. */
  readonly readBy?: readonly Role[];
  /** Never printed, not even when malformed. */
  readonly secret?: true;
}

export function setting<Schema extends z.ZodType, Fallback extends string | null>(
  given: Setting<Schema> & { fallback: Fallback },
) {
  return given;
}

/** For `guards`: nothing of it is secret. */
export const asWritten = (text: string): string => text;

export const days = () => wholeNumber(1, 36_500);
