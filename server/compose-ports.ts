import { connectDatabase, connectEngine, type Sql } from '#db/client.ts';
import { createHearsay, type Hearsay } from '#db/hearsay.ts';
import { openDoorDatabase } from '#db/tenant.ts';
import { createEmbeddedBroker } from '#server/broker/embedded.ts';
import type { Broker } from '#server/broker/port.ts';
import { createRabbitmqBroker } from '#server/broker/rabbitmq.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#server/platform/embedded-postgres.ts';
import type { Env } from '#server/platform/env.ts';
import type { Logger } from '#server/platform/logger.ts';
import { openObjectStore } from '#server/platform/object-store/open.ts';
import type { ObjectStore } from '#server/platform/object-store/port.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import type { HotState } from '#server/redis/port.ts';
import { createRedisHotState } from '#server/redis/redis.ts';

/** Every client of this process. Each kind of work has connections of its own, so none waits behind another. */
export interface Ports {
  readonly databaseUrl: string;
  /** What the engine reads and sweeps with. */
  readonly engineSql: Sql;
  /** One connection for each batch that is being committed. */
  readonly lanes: readonly [Sql, Sql];
  /** Verbs of the doors, under row-level security; Drizzle's alone. */
  readonly doors: ReturnType<typeof openDoorDatabase>;
  /** Logs, signs of life, upkeep. */
  readonly beatSql: Sql;
  /** Who is there: asked before anything else, so it waits behind nothing. */
  readonly identitySql: Sql;
  /** That somebody's rights have changed, to other processes. */
  readonly accessNews: Hearsay;
  readonly broker: Broker;
  readonly hotState: HotState;
  readonly objects: ObjectStore;
  /** Set when the embedded database has ended without having been asked to. */
  readonly databaseDied: Promise<string>;
  stop(): Promise<void>;
}

export async function openPorts(
  env: Env,
  { logger, onStep }: { logger: Logger; onStep: (message: string) => void },
): Promise<Ports> {
  const onRestart = (lastWords: string) =>
    logger.error({ lastWords }, 'The embedded database has ended by itself and is started again.');
  const { dataDir } = env;
  const embedded =
    env.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir, onStep, onRestart }) : undefined;
  const url = env.databaseUrl ?? embedded?.url ?? '';
  const onNotice = (message: string) => logger.debug({ notice: message }, 'database notice');
  const engineSql = connectEngine({ url, applicationName: 'signalbox-engine', max: 3, onNotice });
  const openLane = (at: number) =>
    connectEngine({ url, applicationName: `signalbox-lane-${at}`, max: 1, onNotice });
  // While Postgres writes one batch, the next is decided.
  const lanes = [openLane(0), openLane(1)] as const;
  const doors = openDoorDatabase({ url, applicationName: 'signalbox', onNotice });
  const short = { url, onNotice, isShort: true };
  const beatSql = connectDatabase({ ...short, applicationName: 'signalbox-beats', max: 3 });
  const identitySql = connectDatabase({ ...short, applicationName: 'signalbox-identity', max: 4 });
  const broker = openBroker(env, logger);
  const hotState = openHotState(env, logger);
  return {
    databaseUrl: url,
    engineSql,
    lanes,
    doors,
    beatSql,
    identitySql,
    accessNews: createHearsay('signalbox_access', {
      ...{ sql: identitySql, url },
      applicationName: 'signalbox-hearsay',
    }),
    broker,
    hotState,
    objects: openObjectStore(env),
    databaseDied: embedded?.died ?? new Promise(() => undefined),
    async stop() {
      await Promise.all([broker.stop(), hotState.stop()]);
      await Promise.all(
        [engineSql, ...lanes, doors, beatSql, identitySql].map((sql) => sql.end({ timeout: 5 })),
      );
      await stopDatabase(embedded);
    },
  };
}

async function stopDatabase(embedded: EmbeddedPostgres | undefined): Promise<void> {
  await embedded?.stop();
}

function openBroker(env: Env, logger: Logger): Broker {
  const onHandlerError = (error: unknown) => logger.error({ err: error }, 'a broker handler failed');
  const broker =
    env.rabbitmqUrl === undefined
      ? createEmbeddedBroker({ onHandlerError })
      : createRabbitmqBroker({ url: env.rabbitmqUrl, connectionName: 'signalbox', onHandlerError });
  broker.onEvent((event) => logger.info({ event }, 'broker'));
  return broker;
}

function openHotState(env: Env, logger: Logger): HotState {
  const onHandlerError = (error: unknown) => logger.error({ err: error }, 'a hot state handler failed');
  if (env.redisUrl === undefined) return createMemoryHotState({ onHandlerError });
  return createRedisHotState({
    url: env.redisUrl,
    onHandlerError,
    onWarning: (message) => logger.warn({ warning: message }, 'redis'),
  });
}
