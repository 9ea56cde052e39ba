import { vi } from 'vitest';
import type { Broker, Delivery, OutgoingMessage } from './port.ts';

export interface BrokerHarness {
  /** Started, with no message anywhere. */
  broker: Broker;
  /** The limit that this broker was made with; small, so that tests are quick. */
  maxRedeliveries: number;
  close(): Promise<void>;
}

export type Use = () => BrokerHarness;

export const QUEUE = 'executor.task';
const PATIENCE = { timeout: 60_000, interval: 5 };

export function message(messageId: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { queue: QUEUE, priority: 'medium', messageId, body: `body of ${messageId}`, ...more };
}

export function idsOf(deliveries: readonly Delivery[]): string[] {
  return deliveries.map((delivery) => delivery.messageId);
}

/** Waits for a condition, never for a time. */
export function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, PATIENCE);
}

export function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString('utf8');
}

/** Consumes and keeps everything that comes, unsettled unless told otherwise. */
export async function collect(
  broker: Broker,
  prefetch: number,
  settle: (delivery: Delivery) => void = () => {},
) {
  const got: Delivery[] = [];
  const subscription = await broker.consume(QUEUE, { prefetch }, (delivery) => {
    got.push(delivery);
    settle(delivery);
  });
  return { got, subscription };
}
