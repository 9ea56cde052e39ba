import { countBornSince, countInFlight } from '#db/queries/count-runs.ts';
import { toUuid } from '#server/domain/ids.ts';
import { createRefusals, type RunningRefusals } from '#server/identity/audit/refusals.ts';
import { createPlaces } from '#server/identity/limits/places.ts';
import { createQuotas } from '#server/identity/limits/quotas.ts';
import { createRates } from '#server/identity/limits/rates.ts';
import type { Env } from '#server/platform/env.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import type { Services } from '#server/services/context.ts';
import type { Ports } from './compose-ports.ts';

export interface Limits {
  /** For the verbs and doors. */
  parts: Pick<Services, 'rates' | 'places' | 'quotas' | 'refusals'>;
  stop(): Promise<void>;
}

interface LimitOptions {
  env: Env;
  logger: Logger;
  metrics: Metrics;
  record: Services['record'];
}

/** What holds back those who ask too much, and what is kept of those who were refused. */
export async function makeLimits({ hotState, beatSql }: Ports, options: LimitOptions): Promise<Limits> {
  const { env, logger, metrics, record } = options;
  const now = Date.now;
  const onLimited = metrics.countLimited;
  const local = createMemoryHotState({ now });
  await local.start();
  const rates = createRates({
    ...{ hot: hotState, local, now, onLimited },
    perMinute: env.rates,
    isLocalOnly: env.isLocalOnly,
  });
  const quotas = createQuotas({
    ...{ hot: hotState, rates, now, onLimited },
    limits: env.quotas,
    countBorn: (orgId, sinceMs, max) => countBornSince(beatSql, toUuid(orgId), { sinceMs, max }),
    countInFlight: (orgId, max) => countInFlight(beatSql, toUuid(orgId), max),
  });
  const refusals: RunningRefusals = createRefusals({
    ...{ record, now },
    onTrouble: (message, error) => logger.error({ err: error }, message),
  });
  refusals.start();
  return {
    parts: { rates, places: createPlaces(env.sockets.perActor), quotas, refusals },
    async stop() {
      await refusals.stop();
      await local.stop();
    },
  };
}
