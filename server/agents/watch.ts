import type { Sql } from '#db/client.ts';
import type { AgentId } from '#server/domain/ids.ts';
import type { HotState } from '#server/redis/port.ts';
import type { CommittedStep } from './engine-port.ts';
import { BREAKER_DEFAULTS, type BreakerOptions } from './registry/breaker.ts';
import { type BreakerWatch, createBreakerWatch } from './registry/breaker-watch.ts';
import { attemptEndsOf, createPerformance, type Performance } from './registry/performance.ts';
import type { AgentRecord } from './registry/records.ts';

export interface Watch {
  performance: Performance;
  breaker: BreakerWatch;
  onProgress(step: CommittedStep): void;
}

/** What follows from how attempts end: figures for people and the routing, and the breaker. */
export function createWatch(options: {
  sql: Sql;
  hot: HotState;
  breaker: Partial<BreakerOptions> | undefined;
  now(): number;
  owner: string;
  recordOf(agent: AgentId): AgentRecord | undefined;
  onTrouble(message: string, error: unknown): void;
}): Watch {
  const performance = createPerformance(options.sql);
  const breaker = createBreakerWatch({ ...options, options: { ...BREAKER_DEFAULTS, ...options.breaker } });
  return {
    performance,
    breaker,
    onProgress(step) {
      for (const end of attemptEndsOf(step)) {
        performance.add(end);
        breaker.observe(end);
      }
    },
  };
}
