import { randomUUID } from 'node:crypto';
import { makeClient, parseRedisUrl, type RedisClient } from './connect.ts';
import type { HotState } from './port.ts';
import { makeRedisCommands, makeRunner } from './redis-commands.ts';
import { makeRedisMessages } from './redis-messages.ts';

export interface RedisHotStateOptions {
  /** See connect.ts for the forms: one server, TLS, Sentinel, Cluster. */
  url: string;
  connectionName?: string;
  /** PEM of a private authority for rediss://; public ones and NODE_EXTRA_CA_CERTS are trusted anyway. */
  tlsCa?: string;
  /** A command that Redis does not answer in this time is given up. */
  commandTimeoutMs?: number;
  connectTimeoutMs?: number;
  /** `start` answers after this long even if Redis is not there yet. */
  startTimeoutMs?: number;
  /** Such as: Redis may evict locks. Said at each connection while it holds. */
  onWarning?: (message: string) => void;
  onHandlerError?: (error: unknown) => void;
}

/** Hot state in Redis, by two connections: one asks, the other listens. */
export function createRedisHotState(options: RedisHotStateOptions): HotState {
  const url = parseRedisUrl(options.url);
  const name = options.connectionName ?? 'signalbox';
  const timeouts = {
    commandTimeoutMs: options.commandTimeoutMs ?? 2_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    ...(options.tlsCa === undefined ? {} : { tlsCa: options.tlsCa }),
  };
  const commands = makeClient(url, { name, ...timeouts });
  const listener = makeClient(url, { name: `${name}-listens`, ...timeouts });
  let lastError: string | null = null;
  const note = (error: Error): void => {
    lastError = error.message;
  };
  for (const client of [commands, listener]) client.on('error', note);
  commands.on('ready', () => {
    warnOfEviction(commands, options.onWarning ?? (() => {})).catch(note);
  });
  const runner = makeRunner(commands, note);
  const messages = makeRedisMessages({
    commands,
    listener,
    origin: randomUUID(),
    note,
    onHandlerError: options.onHandlerError ?? (() => {}),
  });

  return {
    async start() {
      const ready = Promise.all([connected(commands), connected(listener)]);
      await withinMs(ready, options.startTimeoutMs ?? 5_000);
    },
    async stop() {
      commands.disconnect();
      listener.disconnect();
    },
    state() {
      const isConnected = commands.status === 'ready';
      const isSubscribed = listener.status === 'ready' && messages.subscribed();
      if (isConnected && isSubscribed) lastError = null;
      return { kind: 'redis', connected: isConnected, subscribed: isSubscribed, lastError };
    },
    async fullness() {
      const { used, limit } = await runner.run('tell how full it is', readMemory);
      return limit === 0 ? null : used / limit;
    },
    ...makeRedisCommands(runner),
    publish: messages.publish,
    subscribe: messages.subscribe,
    subscribePattern: messages.subscribePattern,
    onGap: messages.onGap,
  };
}

/** Resolves with the first connection that works, at whichever attempt that is. */
function connected(client: RedisClient): Promise<void> {
  return new Promise((resolve) => {
    client.once('ready', () => resolve());
    // A first attempt that fails is not the end: the client goes on trying, and the error event tells why.
    client.connect().catch(() => {});
  });
}

async function withinMs(promise: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}

/**
 * All our keys may be lost, but a lock that is evicted early is worse than lost: two owners believe that they hold it
 * (fencing then stops the older one, at the cost of its work). INFO is allowed where CONFIG often is not.
 */
async function warnOfEviction(client: RedisClient, warn: (message: string) => void): Promise<void> {
  const { policy, limit } = await readMemory(client);
  if (limit === 0 || policy === 'noeviction') return;
  warn(
    `Redis evicts keys by ${policy} when it has used ${Math.round(limit / 1024 / 1024)} MB, so locks, counters and ` +
      'presence may vanish early. Set maxmemory-policy noeviction, or give Signalbox a Redis of its own.',
  );
}

/** A limit of 0 is none. */
async function readMemory(client: RedisClient): Promise<{ used: number; limit: number; policy: string }> {
  const info = await client.info('memory');
  const read = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
  return {
    ...{ used: Number(read('used_memory') ?? 0), limit: Number(read('maxmemory') ?? 0) },
    policy: read('maxmemory_policy') ?? 'noeviction',
  };
}
