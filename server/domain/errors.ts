/** The closed list of codes that doors translate. A new code must be given an HTTP status in each door's map. */
export const ERROR_CODES = [
  'INVALID',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  /** The caller means another organisation than the one that their session is in by now. */
  'OTHER_ORG',
  'STALE_EPOCH',
  'STALE_REVISION',
  'TOO_LARGE',
  'LIMITED',
  'UNAVAILABLE',
  'INTERNAL',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * The one base of errors that people read. The message says what happened and why; `advice` says what to do.
 * Anything else that is thrown is our bug or our infrastructure and shows a neutral text at the doors.
 */
export class SignalboxError extends Error {
  readonly code: ErrorCode;
  readonly advice: string | undefined;
  readonly details: unknown;

  constructor(
    code: ErrorCode,
    message: string,
    more: { advice?: string; details?: unknown; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'SignalboxError';
    this.code = code;
    this.advice = more.advice;
    this.details = more.details;
  }
}

export function notFound(what: string, id: string): SignalboxError {
  return new SignalboxError('NOT_FOUND', `There is no ${what} ${id}.`, {
    advice: 'Check the id, or list what exists.',
  });
}

/** What happened and what to do, as one text, where there is no other place for the second. */
export function inFull({ message, advice }: SignalboxError): string {
  return advice === undefined ? message : `${message} ${advice}`;
}

export function invalid(message: string, details?: unknown, advice?: string): SignalboxError {
  return new SignalboxError('INVALID', message, { details, advice });
}
