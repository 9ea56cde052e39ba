import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ClaimedDelivery,
  type ClaimLimits,
  claimDeliveries,
  settleDelivery,
} from '#db/queries/notification-deliveries.ts';
import { type Telltale, tellOfEndedRuns } from './ended-runs.ts';
import { lookOut } from './lookouts.ts';
import type { Sender } from './sender.ts';

export interface DispatcherOptions extends Telltale {
  send: Sender;
  /** So long a task waits before people are told. */
  waitMs: number;
  /** Longer than any try takes: then others may take it up. */
  leaseMs: number;
  pollMs?: number;
  lookMs?: number;
  onTrouble(message: string, error: unknown): void;
}

export interface Dispatcher {
  start(): void;
  /** Lets what is under way end for so long, then cuts it off: it is tried again when its lease ends. */
  stop(withinMs?: number): Promise<void>;
}

const MAX_IN_FLIGHT = 32;
const MAX_PER_ORG = 8;
const STOP_MS = 5_000;

/**
 * What has happened to deliveries, and deliveries to their receivers. Every step is a row before it is done, so any
 * number of these may run, and one that dies leaves nothing but leases that end.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { sql, onTrouble, pollMs = 1000, lookMs = 15_000 } = options;
  const inFlight = new Map<ClaimedDelivery, Promise<void>>();
  const abort = new AbortController();
  /** Not all that sends can be aborted. */
  const cutOff = Promise.withResolvers<null>();
  const timers = new Set<NodeJS.Timeout>();
  const loops = new Set<Promise<void>>();
  let taking: Promise<void> | null = null;
  let isAskedAgain = false;
  let stopped = false;

  async function poll(): Promise<void> {
    while (!stopped && (await tellOfEndedRuns(options)) > 0);
    await takeMore();
  }

  /** Takes on as much as there is room for; whatever ends makes room for the next. */
  async function take(): Promise<void> {
    while (!stopped && inFlight.size < MAX_IN_FLIGHT) {
      const claimed = await claimDeliveries(sql, { ...roomNow(), leaseMs: options.leaseMs });
      if (claimed.length === 0) return;
      for (const delivery of claimed) {
        inFlight.set(
          delivery,
          deliver(delivery).finally(() => {
            inFlight.delete(delivery);
            void takeMore();
          }),
        );
      }
    }
  }

  function roomNow(): Omit<ClaimLimits, 'leaseMs'> {
    const counts = [...Map.groupBy(inFlight.keys(), ({ orgId }) => orgId)].map(
      ([orgId, own]) => [orgId, own.length] as const,
    );
    const busyOrgs = counts.filter(([, count]) => count >= MAX_PER_ORG).map(([orgId]) => orgId);
    const most = Math.max(0, ...counts.map(([, count]) => count).filter((count) => count < MAX_PER_ORG));
    return { limit: MAX_IN_FLIGHT - inFlight.size, perOrg: MAX_PER_ORG - most, busyOrgs };
  }

  /** One at a time, and once more if it was asked for meanwhile. */
  function takeMore(): Promise<void> {
    isAskedAgain = taking !== null;
    taking ??= take()
      .catch((error) => onTrouble('Notifications could not be taken up; it is tried again.', error))
      .then(() => {
        taking = null;
        if (isAskedAgain && !stopped) return takeMore();
      });
    return taking;
  }

  async function deliver(delivery: ClaimedDelivery): Promise<void> {
    try {
      const settlement = await Promise.race([options.send(delivery, abort.signal), cutOff.promise]);
      // Cut off by our own end: nobody can say whether it arrived, so its lease ends and it is sent again.
      if (settlement === null || (abort.signal.aborted && settlement.error !== null)) return;
      await settleDelivery(sql, delivery, settlement);
    } catch (error) {
      onTrouble('A notification could not be settled; it is sent again.', error);
    }
  }

  function repeat(work: () => Promise<unknown>, everyMs: number): void {
    if (stopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      const loop: Promise<void> = work()
        .catch((error) => onTrouble('Notifications could not be worked on; it is tried again.', error))
        .then(() => {
          loops.delete(loop);
          repeat(work, everyMs);
        });
      loops.add(loop);
    }, everyMs);
    timer.unref();
    timers.add(timer);
  }

  return {
    start() {
      repeat(poll, pollMs);
      repeat(() => lookOut(options, options), lookMs);
    },
    async stop(withinMs = STOP_MS) {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      const ended = Promise.all(inFlight.values());
      const limit = new AbortController();
      await Promise.race([
        ended,
        sleep(withinMs, undefined, { signal: limit.signal }).catch(() => undefined),
      ]);
      limit.abort();
      abort.abort();
      cutOff.resolve(null);
      await Promise.all([ended, ...loops, taking]);
    },
  };
}
