import { setTimeout as delay } from 'node:timers/promises';
import type { Conditions } from '#server/platform/conditions.ts';
import type { Env } from '#server/platform/env.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import { KEY } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';
import type { HealthDesk, PartHealth, ShownSettings } from '#server/services/context.ts';
import { shareConditions } from './compose-conditions.ts';
import type { Ports } from './compose-ports.ts';

const PATIENCE_MS = 3_000;
/** Of nothing: whether an object store answers is seen by asking for what it does not have. */
const NO_OBJECT = '0'.repeat(64);

const LOOK_EVERY_MS = 15_000;

/** How full hot state is. One that cannot be asked is told of by its own part of the health. */
function watchFullness(
  hotState: Pick<HotState, 'fullness'>,
  { filled }: Pick<Conditions, 'filled'>,
): { look(): Promise<void>; stop(): void } {
  const look = () => hotState.fullness().then(filled, () => undefined);
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  void look();
  return { look, stop: () => clearInterval(timer) };
}

interface HealthParts {
  isStopping(): boolean;
  conditions: Pick<Conditions, 'read' | 'filled' | 'toolEnded'>;
  /** Of this process. */
  id: string;
  env: Pick<Env, 'roles'>;
}

/** How the parts that this process leans on do. */
export function createHealth(
  ports: Ports,
  { isStopping, conditions, id, env }: HealthParts,
): HealthDesk & { stop(): Promise<void> } {
  const fullness = watchFullness(ports.hotState, conditions);
  const shared = shareConditions({ hot: ports.hotState, id, roles: env.roles, read: conditions.read });
  const askDatabase = () => measure(() => ports.doors.pool`SELECT 1`.execute());
  return {
    // Without broker or hot state the doors still serve: only the database is the truth.
    processes: shared.all,
    toolEnded: conditions.toolEnded,
    stop() {
      fullness.stop();
      return shared.stop();
    },
    isReady: async () => !isStopping() && (await askDatabase()).ok,
    async examine() {
      const broker = ports.broker.state();
      const [database, queues, hotState, objects] = await Promise.all([
        askDatabase(),
        measure(() => ports.broker.idleQueues()),
        measure(() => ports.hotState.get(KEY.nothing)),
        measure(() => ports.objects.has(NO_OBJECT)),
        fullness.look(),
      ]);
      const isBrokerFit = broker.connected && !broker.blocked && queues.ok;
      const brokerNote = broker.lastError ?? (broker.blocked ? 'it takes no messages just now' : queues.note);
      return {
        database,
        broker: { ...queues, ok: isBrokerFit, note: brokerNote },
        hot_state: { ...hotState, note: ports.hotState.state().lastError ?? hotState.note },
        object_store: objects,
      };
    },
  };
}

/** What is counted of workspaces for machines, and judged for people. */
export function watchWorkspaces(
  metrics: Pick<Metrics, 'countWorkspaceLook' | 'countWorkspaceSync'>,
  { changed, looked, synced }: Pick<Conditions, 'changed' | 'looked' | 'synced'>,
): Pick<Conditions, 'changed' | 'looked' | 'synced'> {
  return {
    changed,
    looked(result) {
      metrics.countWorkspaceLook(result);
      looked(result);
    },
    synced(seconds) {
      metrics.countWorkspaceSync(seconds);
      synced(seconds);
    },
  };
}

async function measure(ask: () => PromiseLike<unknown>): Promise<PartHealth> {
  const startedAt = performance.now();
  const since = () => Math.round((performance.now() - startedAt) * 10) / 10;
  const giveUp = new AbortController();
  const late = delay(PATIENCE_MS, 'late' as const, { signal: giveUp.signal, ref: false }).catch(() => 'late');
  try {
    const answer = await Promise.race([Promise.resolve(ask()).then(() => 'answered' as const), late]);
    if (answer === 'answered') return { ok: true, latencyMs: since(), note: null };
    return { ok: false, latencyMs: null, note: `no answer within ${PATIENCE_MS} ms` };
  } catch (error) {
    return { ok: false, latencyMs: null, note: error instanceof Error ? error.message : String(error) };
  } finally {
    giveUp.abort();
  }
}

/** What people may know of the configuration: limits and kinds, no addresses and no secrets. */
export function shownSettings(env: Env): ShownSettings {
  return {
    roles: [...env.roles],
    kinds: {
      database: env.databaseUrl === undefined ? 'embedded' : 'postgres',
      broker: env.rabbitmqUrl === undefined ? 'embedded' : 'rabbitmq',
      hotState: env.redisUrl === undefined ? 'embedded' : 'redis',
      objectStore: env.objectStore.kind,
    },
    payloadMaxBytes: env.payloadMaxBytes,
    payloadInlineMaxBytes: env.payloadInlineMaxBytes,
    taskTimeoutMs: env.taskTimeoutMs,
    maxAgents: env.maxAgents,
    maxConcurrentTasks: env.maxConcurrentTasks ?? null,
    retentionDays: env.retentionDays,
    given: env.given,
  };
}
