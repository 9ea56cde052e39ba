import { type ErrorCode, SignalboxError } from '#server/domain/errors.ts';
import { isOutage } from '#server/domain/outages.ts';

/** An error as HTTP tells it (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  advice?: string;
  instance?: string;
  [extension: string]: unknown;
}

const NEUTRAL = 'Something went wrong on our side. The log has the details under the request id.';

/** The one place where codes become statuses. A new code does not compile without one. */
export function statusOf(code: ErrorCode): { status: number; title: string } {
  switch (code) {
    case 'INVALID':
      return { status: 400, title: 'The request is not valid' };
    case 'UNAUTHENTICATED':
      return { status: 401, title: 'Sign in first' };
    case 'FORBIDDEN':
      return { status: 403, title: 'Not allowed' };
    case 'NOT_FOUND':
      return { status: 404, title: 'Not found' };
    case 'CONFLICT':
    case 'OTHER_ORG':
      return { status: 409, title: 'In conflict with the present state' };
    case 'STALE_EPOCH':
      return { status: 409, title: 'The lease has gone to somebody else' };
    case 'STALE_REVISION':
      return { status: 412, title: 'Changed in the meantime' };
    case 'TOO_LARGE':
      return { status: 413, title: 'Too large' };
    case 'LIMITED':
      return { status: 429, title: 'Too many requests' };
    case 'UNAVAILABLE':
      return { status: 503, title: 'Not available just now' };
    case 'INTERNAL':
      return { status: 500, title: 'An error of ours' };
  }
}

const AGAIN_SECONDS = 2;

/** What callers are told of; of anything else they only hear that it was ours. Null: that. */
export function knownOf(error: unknown): SignalboxError | null {
  if (error instanceof SignalboxError) return error;
  if (!isOutage(error)) return null;
  return new SignalboxError(
    'UNAVAILABLE',
    'Something that the server needs cannot be reached just now, such as its database.',
    {
      advice:
        'Try again in a moment; /readyz says when it is back. With an Idempotency-Key nothing is made twice.',
      details: { retryAfterSeconds: AGAIN_SECONDS },
      cause: error,
    },
  );
}

export function toProblem(thrown: unknown, requestId: string): Problem {
  const error = knownOf(thrown);
  const code: ErrorCode = error?.code ?? 'INTERNAL';
  const { status, title } = statusOf(code);
  const problem: Problem = {
    type: `urn:signalbox:${code.toLowerCase()}`,
    title,
    status,
    code,
    detail: NEUTRAL,
    instance: requestId,
  };
  if (error === null || code === 'INTERNAL') return problem;
  problem.detail = error.message;
  if (error.advice !== undefined) problem.advice = error.advice;
  if (typeof error.details === 'object' && error.details !== null)
    Object.assign(problem, { ...error.details, ...problem });
  return problem;
}

export function retryAfterOf(error: unknown): number | undefined {
  const { retryAfterSeconds } = (knownOf(error)?.details ?? {}) as { retryAfterSeconds?: unknown };
  return typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined;
}

/** Of a refusal by a quota, which is asked where a run starts and not at the door: as the rates stand in the headers. */
export function quotaHeadersOf(error: unknown): { policy: string; standing: string } | undefined {
  if (!(error instanceof SignalboxError) || error.code !== 'LIMITED') return undefined;
  const { limit, max, used, resets_at } = (error.details ?? {}) as Record<string, unknown>;
  if (typeof limit !== 'string' || typeof max !== 'number' || typeof used !== 'number') return undefined;
  const left = Math.max(0, max - used);
  // When a run ends nobody knows.
  const until = typeof resets_at === 'string' ? `;t=${retryAfterOf(error)}` : '';
  return { policy: `"${limit}";q=${max}`, standing: `"${limit}";r=${left}${until}` };
}

/** What happened and what to do, as a text for whoever reads no fields. */
export function sentencesOf({ detail, advice }: Pick<Problem, 'detail' | 'advice'>): string {
  const said = /[.!?…]$/.test(detail) ? detail : `${detail}.`;
  return advice === undefined ? said : `${said} ${advice}`;
}
