import { performance } from 'node:perf_hooks';
import type { ClaimedDelivery, Settlement } from '#db/queries/notification-deliveries.ts';
import { nextDelayMs } from './backoff.ts';
import type { SendMail } from './mail.ts';
import type { Outcome } from './outcome.ts';
import type { SendWebhook } from './webhook.ts';

export interface SenderOptions {
  sendWebhook: SendWebhook;
  sendMail: SendMail;
  random(): number;
}

/** Tries to send one, and says what is to be written of it. */
export type Sender = (delivery: ClaimedDelivery, signal: AbortSignal) => Promise<Settlement>;

const OBSTACLES = {
  deleted: 'Not sent: its target was deleted.',
  off: 'Not sent: its target is switched off.',
} as const;

export function createSender({ sendWebhook, sendMail, random }: SenderOptions): Sender {
  async function attempt(delivery: ClaimedDelivery, signal: AbortSignal): Promise<Outcome> {
    const { obstacle, kind } = delivery;
    if (obstacle !== null) return { error: OBSTACLES[obstacle], status: null, isFinal: true };
    return kind === 'webhook' ? sendWebhook(delivery, signal) : sendMail(delivery);
  }

  return async (delivery, signal) => {
    const began = performance.now();
    const outcome = await attempt(delivery, signal);
    const ms = Math.round(performance.now() - began);
    const { error, status } = outcome;
    if (error === null) return { state: 'delivered', nextInMs: null, status, error, ms, switchOff: false };
    const nextInMs = outcome.isFinal ? null : nextDelayMs(delivery.triesLeft, random);
    return {
      state: nextInMs === null ? 'given-up' : 'waiting',
      ...{ nextInMs, status, ms },
      error: nextInMs === null && !outcome.isFinal ? `${error} Given up after the last try.` : error,
      switchOff: outcome.isGone === true,
    };
  };
}
