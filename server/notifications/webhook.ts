import type { ClaimedDelivery } from '#db/queries/notification-deliveries.ts';
import { inFull, SignalboxError } from '#server/domain/errors.ts';
import { fromUuid } from '#server/domain/ids.ts';
import { readRetryAfter } from '#server/platform/retry-after.ts';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import type { Outcome } from './outcome.ts';
import { signedHeaders } from './signature.ts';
import type { ReadSigningSecrets } from './signing-keys.ts';

export interface WebhookOptions {
  fetch: SafeFetch;
  signingSecrets: ReadSigningSecrets;
  now(): number;
  /** For a whole exchange. */
  timeoutMs: number;
}

const MAX_ANSWER_BYTES = 65_536;
const GONE = 410;
const BUSY = new Set([429, 503]);

export type SendWebhook = (delivery: ClaimedDelivery, signal: AbortSignal) => Promise<Outcome>;

export function createWebhookSender({ fetch, signingSecrets, now, timeoutMs }: WebhookOptions): SendWebhook {
  return async ({ id, orgId, targetId, address, body }, signal) => {
    const secrets = await signingSecrets(orgId, targetId);
    // Unsigned it would teach its receiver to take what anybody sends.
    if (secrets.length === 0)
      return { error: 'There is no secret to sign it with.', status: null, isFinal: true };
    const signed = signedHeaders({ id: fromUuid('delivery', id), body, nowMs: now() }, secrets);
    try {
      const { status, headers } = await fetch({
        url: address,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signed },
        ...{ body, timeoutMs, maxBytes: MAX_ANSWER_BYTES, signal },
      });
      return judge(status, BUSY.has(status) ? readRetryAfter(headers['retry-after'], now()) : null);
    } catch (error) {
      if (!(error instanceof SignalboxError)) throw error;
      // An address that is not allowed is not allowed the next time either: somebody has to do something.
      const isFinal = error.code === 'FORBIDDEN';
      return { error: isFinal ? inFull(error) : error.message, status: null, isFinal };
    }
  };
}

/** What the receiver wrote is nobody's business here: only its status is told. */
function judge(status: number, restMs: number | null): Outcome {
  if (status >= 200 && status < 300) return { error: null, status };
  if (status === GONE) {
    const error = 'The receiver answered 410 Gone: nothing more is sent to it.';
    return { error, status, isFinal: true, isGone: true };
  }
  const error =
    status >= 300 && status < 400
      ? `The receiver answered with a redirect (${status}), which is not followed.`
      : `The receiver answered ${status}.`;
  return { error, status, isFinal: false, ...(restMs === null ? {} : { restMs }) };
}
