import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

import type { Condition } from './conditions.ts';

export interface EngineGauges {
  entries: number;
  waiting: number;
  publishing: number;
  unpublished: number;
}

/** What `/metrics` shows. Its own registry, so that several of them live in one test process. */
export interface Metrics {
  readonly contentType: string;
  read(): Promise<string>;
  countRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  countEvents(type: string, count: number): void;
  countTrouble(): void;
  /** Requests that were turned away, by the limit that did it. */
  countLimited(limit: string): void;
  /** Each try to deliver a notification: `state` is what the delivery was then. */
  countDelivery(tried: { kind: string; state: string; seconds: number }): void;
  /** Whether hot state had what a file of a workspace holds. */
  countWorkspaceLook(result: 'hit' | 'miss' | 'away'): void;
  /** From the commit of a file until hot state had it; null: it did not take it. */
  countWorkspaceSync(seconds: number | null): void;
  /** Asked at each scrape. */
  watchEngine(load: () => EngineGauges): void;
  /** Asked at each scrape. */
  watchConditions(read: () => readonly Condition[]): void;
  /** Asked at each scrape. */
  watchSockets(count: () => number): void;
}

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'signalbox_' });
  const requests = new Histogram({
    name: 'signalbox_http_request_duration_seconds',
    help: 'Time to answer HTTP requests.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  const events = new Counter({
    name: 'signalbox_run_events_total',
    help: 'Entries written to the event sequences of runs, by type.',
    labelNames: ['type'],
    registers,
  });
  const troubles = new Counter({
    name: 'signalbox_troubles_total',
    help: 'Faults of the infrastructure that the engine worked around.',
    registers,
  });
  const limited = new Counter({
    name: 'signalbox_limited_total',
    help: 'Calls that were refused because a limit was reached, by limit.',
    labelNames: ['limit'],
    registers,
  });
  const deliveries = new Histogram({
    name: 'signalbox_notification_delivery_duration_seconds',
    help: 'Time that a try to deliver a notification took, by kind and by what the delivery was then.',
    labelNames: ['kind', 'state'],
    buckets: SECONDS,
    registers,
  });
  return {
    ...workspaceCounters(registers),
    contentType: registry.contentType,
    read: () => registry.metrics(),
    countRequest: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    countEvents: (type, count) => events.inc({ type }, count),
    countTrouble: () => troubles.inc(),
    countLimited: (limit) => limited.inc({ limit }),
    countDelivery: ({ kind, state, seconds }) => deliveries.observe({ kind, state }, seconds),
    watchConditions: (read) => conditionGauges(registers, read),
    watchSockets(count) {
      new Gauge({
        name: 'signalbox_live_connections',
        help: 'Open connections for live events.',
        registers,
        collect() {
          this.set(count());
        },
      });
    },
    watchEngine(load) {
      const gauge = (name: keyof EngineGauges, help: string) =>
        new Gauge({
          name: `signalbox_engine_${name}`,
          help,
          registers,
          collect() {
            this.set(load()[name]);
          },
        });
      gauge('entries', 'Reports taken in and not committed yet.');
      gauge('waiting', 'Tasks that wait for room, as far as this process knows.');
      gauge('publishing', 'Messages on their way to the broker.');
      gauge('unpublished', 'Messages in the database that no broker has confirmed, as of the last look.');
    },
  };
}

function conditionGauges(registers: Registry[], read: () => readonly Condition[]): void {
  const gauge = (name: string, help: string, pick: (condition: Condition) => number | null) =>
    new Gauge({
      ...{ name, help, labelNames: ['condition'], registers },
      collect() {
        this.reset();
        for (const condition of read()) {
          const value = pick(condition);
          if (value !== null) this.set({ condition: condition.name }, value);
        }
      },
    });
  gauge(
    'signalbox_condition_value',
    'How the last five minutes went, in percent or milliseconds.',
    ({ value }) => value,
  );
  gauge(
    'signalbox_condition_triggered',
    'Whether that is worse than it may be: 1 or 0.',
    ({ isTriggered }) => (isTriggered ? 1 : 0),
  );
}

function workspaceCounters(
  registers: Registry[],
): Pick<Metrics, 'countWorkspaceLook' | 'countWorkspaceSync'> {
  const looks = new Counter({
    name: 'signalbox_workspace_hot_lookups_total',
    help: 'Reads of files that asked hot state, by whether it had what the file holds (hit, miss, away).',
    labelNames: ['result'],
    registers,
  });
  const lag = new Histogram({
    name: 'signalbox_workspace_sync_lag_seconds',
    help: 'From the commit of a file until hot state had it.',
    buckets: SECONDS,
    registers,
  });
  const lost = new Counter({
    name: 'signalbox_workspace_sync_failures_total',
    help: 'Files that hot state did not take when they were written; it has them from the next read on.',
    registers,
  });
  return {
    countWorkspaceLook: (result) => looks.inc({ result }),
    countWorkspaceSync: (seconds) => (seconds === null ? lost.inc() : lag.observe(seconds)),
  };
}
