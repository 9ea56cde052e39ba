import type { Sql } from '#db/client.ts';
import type { AgentId } from '#server/domain/ids.ts';
import { CHANNEL, LOCK } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';
import { type BreakerOptions, coolDownMs, createBreakerCounts, isAgentFault } from './breaker.ts';
import { lockUnlessAway, type Turn } from './lock-unless-away.ts';
import type { AttemptEnd } from './performance.ts';
import { writeRecovery, writeTrip } from './quarantine.ts';
import { type AgentRecord, isBuiltin } from './records.ts';

export interface BreakerWatchOptions {
  sql: Sql;
  hot: HotState;
  options: BreakerOptions;
  now(): number;
  /** Names this process in locks. */
  owner: string;
  recordOf(agent: AgentId): AgentRecord | undefined;
  onTrouble(message: string, error: unknown): void;
}

export interface BreakerWatch {
  observe(end: AttemptEnd): void;
  /** Takes up probes that are due, so that one process tries an agent, not all of them at once. */
  look(records: readonly AgentRecord[]): Promise<void>;
  isProbing(agent: AgentId): boolean;
}

/** A probe that nothing was found for is given up after this long, so that another process may try. */
const PROBE_MS = 120_000;

/**
 * Takes agents out that fail again and again, tries them with one task after a rest, and brings them back. Agents in
 * this process are left alone: they share its health, and nobody could take their place.
 */
export function createBreakerWatch(watch: BreakerWatchOptions): BreakerWatch {
  const { sql, hot, options } = watch;
  const counts = createBreakerCounts(options);
  const probes = new Map<AgentId, { turn: Turn; until: number }>();
  const busy = new Set<AgentId>();

  async function write(id: AgentId, act: () => Promise<boolean>): Promise<void> {
    if (busy.has(id)) return;
    busy.add(id);
    try {
      if (await act()) await hot.publish(CHANNEL.agents, id).catch(() => undefined);
    } catch (error) {
      watch.onTrouble(`The breaker's decision on ${id} could not be written.`, error);
    } finally {
      busy.delete(id);
    }
  }

  function endProbe(id: AgentId): void {
    const probe = probes.get(id);
    probes.delete(id);
    void probe?.turn.end();
  }

  function trip(record: AgentRecord, why: string): void {
    const trips = (record.health?.breaker?.trips ?? 0) + 1;
    const restMs = coolDownMs(options, trips);
    const breaker = { trips, probeAt: watch.now() + restMs };
    const reason = `breaker: ${why}; after a rest of ${Math.round(restMs / 1000)} s it is tried with one task`;
    void write(record.id, () => writeTrip(sql, { id: record.id, reason, breaker }));
  }

  function judgeProbe(record: AgentRecord, failed: boolean): void {
    endProbe(record.id);
    counts.forget(record.id);
    if (failed) trip(record, 'the task it was tried with failed again');
    else void write(record.id, () => writeRecovery(sql, record.id));
  }

  return {
    observe({ agentId, failure }) {
      const record = watch.recordOf(agentId);
      // What a stage of ours fails by is its input or its config, and the same in every process of ours.
      if (!record || isBuiltin(record)) return;
      const failed = failure !== null && isAgentFault(failure);
      if (probes.has(agentId)) return judgeProbe(record, failed);
      if (!counts.add(agentId, failed, watch.now()) || record.ordered !== null) return;
      const seconds = Math.round(options.windowMs / 1000);
      trip(record, `${options.failures} or more of its tasks failed within ${seconds} s, last by ${failure}`);
    },
    async look(records) {
      const now = watch.now();
      for (const record of records) {
        const breaker = record.ordered === null ? null : (record.health?.breaker ?? null);
        const probe = probes.get(record.id);
        if (probe && (breaker === null || probe.until <= now)) endProbe(record.id);
        if (breaker === null || breaker.probeAt > now || probes.has(record.id)) continue;
        const name = LOCK.agentProbe(record.id, breaker.trips);
        const turn = await lockUnlessAway(hot, { name, owner: watch.owner, forMs: PROBE_MS });
        if (turn) probes.set(record.id, { turn, until: now + PROBE_MS });
      }
    },
    isProbing: (agent) => probes.has(agent),
  };
}
