/** What one workspace may hold. */
export interface WorkspaceLimits {
  /** All that is kept of it: every version, step and message. */
  maxBytes: number;
  maxFiles: number;
  fileMaxBytes: number;
}

/** What an entry takes beside what is in it, so that empty ones are not free. */
export const ENTRY_BYTES = 256;

export const LEASE_MS = { fallback: 60_000, min: 1_000, max: 3_600_000 } as const;
/** Claims that hold at once in one workspace. */
export const MAX_LEASES = 200;
export const MAX_PATTERNS = 10;
