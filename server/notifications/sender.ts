import { performance } from 'node:perf_hooks';
import type { ClaimedDelivery, Settlement } from '#db/queries/notification-deliveries.ts';
import type { DeliveryState, TargetKind } from '#server/domain/notifications.ts';
import { nextDelayMs } from './backoff.ts';
import type { SendMail } from './mail.ts';
import type { Outcome } from './outcome.ts';
import type { SendWebhook } from './webhook.ts';

export interface SenderOptions {
  sendWebhook: SendWebhook;
  sendMail: SendMail;
  /** Whether whoever asked for it may still see what it tells of. It is written down when they may not. */
  mayHear(delivery: ClaimedDelivery): Promise<boolean>;
  random(): number;
  /** Of each try: what came of it, and how long it took. */
  onTried(tried: { kind: TargetKind; state: DeliveryState; seconds: number }): void;
}

/** Tries to send one, and says what is to be written of it. */
export type Sender = (delivery: ClaimedDelivery, signal: AbortSignal) => Promise<Settlement>;

const OBSTACLES = {
  deleted: 'Not sent: its target was deleted.',
  off: 'Not sent: its target is switched off.',
  withdrawn: 'Not sent: whoever asked to be told may not see this run any more.',
} as const;

/** A receiver may put off the next try, and not for ever. */
const MOST_REST_MS = 86_400_000;

export function createSender({ sendWebhook, sendMail, mayHear, random, onTried }: SenderOptions): Sender {
  async function attempt(delivery: ClaimedDelivery, signal: AbortSignal): Promise<Outcome> {
    const { kind } = delivery;
    const obstacle = delivery.obstacle ?? ((await mayHear(delivery)) ? null : 'withdrawn');
    if (obstacle !== null) return { error: OBSTACLES[obstacle], status: null, isFinal: true };
    return kind === 'webhook' ? sendWebhook(delivery, signal) : sendMail(delivery);
  }

  async function settle(delivery: ClaimedDelivery, signal: AbortSignal): Promise<Settlement> {
    const began = performance.now();
    const outcome = await attempt(delivery, signal);
    const ms = Math.round(performance.now() - began);
    const { error, status } = outcome;
    if (error === null) return { state: 'delivered', nextInMs: null, status, error, ms, switchOff: false };
    const planned = outcome.isFinal ? null : nextDelayMs(delivery.triesLeft, random);
    const rest = Math.min(outcome.restMs ?? 0, MOST_REST_MS);
    const nextInMs = planned === null ? null : Math.max(planned, rest);
    return {
      state: nextInMs === null ? 'given-up' : 'waiting',
      ...{ nextInMs, status, ms },
      error: nextInMs === null && !outcome.isFinal ? `${error} Given up after the last try.` : error,
      switchOff: outcome.isGone === true,
    };
  }

  return async (delivery, signal) => {
    const settlement = await settle(delivery, signal);
    const { state, ms } = settlement;
    onTried({ kind: delivery.kind, state, seconds: ms / 1000 });
    return settlement;
  };
}
