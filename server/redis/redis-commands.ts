import { SignalboxError } from '#server/domain/errors.ts';
import { drawnOf } from './buckets.ts';
import type { RedisClient } from './connect.ts';
import { KEY, type PresenceKind } from './keys.ts';
import type { HotState, Lock, Presence, StreamEntry } from './port.ts';
import * as scripts from './scripts.ts';

/** Everything that is a question and an answer; messages are in redis-messages.ts. */
export type RedisCommands = Pick<
  HotState,
  | 'get'
  | 'set'
  | 'delete'
  | 'increment'
  | 'draw'
  | 'reserve'
  | 'appendStream'
  | 'readStream'
  | 'beat'
  | 'leave'
  | 'listPresent'
  | 'acquireLock'
  | 'renewLock'
  | 'releaseLock'
>;

/** Runs commands on the client, or rejects at once with a typed error while Redis is away. */
export interface Runner {
  run<Result>(what: string, act: (client: RedisClient) => Promise<Result>): Promise<Result>;
}

export function makeRunner(client: RedisClient, note: (error: Error) => void): Runner {
  return {
    async run(what, act) {
      if (client.status !== 'ready') throw away(what, 'there is no connection');
      try {
        return await act(client);
      } catch (error) {
        const failure = error instanceof Error ? error : new Error(String(error));
        note(failure);
        throw translate(what, failure);
      }
    },
  };
}

function translate(what: string, error: Error): SignalboxError {
  if (/^OOM/.test(error.message)) {
    return new SignalboxError('UNAVAILABLE', `Redis is full and cannot ${what}.`, {
      advice: 'Raise its maxmemory, or give Signalbox a Redis of its own.',
      cause: error,
    });
  }
  if (/^(WRONGTYPE|ERR |NOSCRIPT|NOPERM)/.test(error.message)) {
    return new SignalboxError('INTERNAL', `Redis refused to ${what}: ${error.message}`, { cause: error });
  }
  return away(what, error.message, error);
}

function away(what: string, why: string, cause?: Error): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `Redis is away and cannot ${what}: ${why}.`, {
    advice: 'It reconnects by itself. If this stays, check REDIS_URL and the server.',
    cause,
  });
}

export function makeRedisCommands(runner: Runner): RedisCommands {
  const evaluate: Evaluate = (what, script, { keys, args = [] }) =>
    runner.run(what, (client) => client.eval(script, keys.length, ...keys, ...args));
  return {
    ...values(runner, evaluate),
    ...budgets(evaluate),
    ...logs(runner, evaluate),
    ...presence(evaluate),
    ...locks(evaluate),
  };
}

type Evaluate = (
  what: string,
  script: string,
  given: { keys: string[]; args?: (string | number)[] },
) => Promise<unknown>;

function values({ run }: Runner, evaluate: Evaluate) {
  return {
    get: (key: string, ttlMs?: number) =>
      run('read a value', (client) =>
        ttlMs === undefined ? client.get(key) : client.getex(key, 'PX', ttlMs),
      ),
    async set(key: string, value: string, ttlMs?: number) {
      await run('write a value', (client) =>
        ttlMs === undefined ? client.set(key, value) : client.set(key, value, 'PX', ttlMs),
      );
    },
    delete: async (key: string) => (await run('delete a value', (client) => client.del(key))) > 0,
    increment: async (key: string, by: number, ttlMs: number) =>
      Number(await evaluate('count', scripts.INCREMENT, { keys: [key], args: [by, ttlMs] })),
  } satisfies Partial<RedisCommands>;
}

function budgets(evaluate: Evaluate): Pick<RedisCommands, 'draw' | 'reserve'> {
  return {
    async draw(key, bucket, cost) {
      const args = [bucket.size, bucket.windowMs, cost];
      const [isTaken, owed] = numbers(
        await evaluate('take from a bucket', scripts.DRAW, { keys: [key], args }),
      );
      return drawnOf(bucket, { cost, isTaken: isTaken === 1, owed: owed ?? 0 });
    },
    async reserve(key, { by, max, ttlMs, from }) {
      const args = [by, max, ttlMs, from ?? ''];
      const reply = await evaluate('reserve', scripts.RESERVE, { keys: [key], args });
      if (reply === null) return null;
      const [isTaken, used] = numbers(reply);
      return { isTaken: isTaken === 1, used: used ?? 0 };
    },
  };
}

const numbers = (reply: unknown): number[] => (Array.isArray(reply) ? reply.map(Number) : []);

function logs({ run }: Runner, evaluate: Evaluate): Pick<RedisCommands, 'appendStream' | 'readStream'> {
  return {
    async appendStream(key, fields, { maxEntries, ttlSeconds }) {
      const args = [maxEntries, ttlSeconds, ...Object.entries(fields).flat()];
      return String(await evaluate('append to a stream', scripts.APPEND_STREAM, { keys: [key], args }));
    },
    async readStream(key, afterId, limit) {
      const from = afterId === null ? '-' : `(${afterId}`;
      const entries = await run('read a stream', (client) => client.xrange(key, from, '+', 'COUNT', limit));
      return entries.map(([id, flat]): StreamEntry => ({ id, fields: pairUp(flat) }));
    },
  };
}

function presence(evaluate: Evaluate): Pick<RedisCommands, 'beat' | 'leave' | 'listPresent'> {
  const keysOf = (kind: PresenceKind): string[] => [KEY.presence(kind), KEY.presenceData(kind)];
  return {
    async beat(kind, { id, data, ttlMs }) {
      await evaluate('note a heartbeat', scripts.BEAT, { keys: keysOf(kind), args: [id, data, ttlMs] });
    },
    async leave(kind, id) {
      await evaluate('note a farewell', scripts.LEAVE, { keys: keysOf(kind), args: [id] });
    },
    async listPresent(kind) {
      const reply = await evaluate('list who is present', scripts.LIST_PRESENT, { keys: keysOf(kind) });
      const flat = Array.isArray(reply) ? reply.map(String) : [];
      const present: Presence[] = [];
      for (let i = 0; i + 2 < flat.length; i += 3) {
        present.push({ id: flat[i] ?? '', expiresAt: Number(flat[i + 1]), data: flat[i + 2] ?? '' });
      }
      return present;
    },
  };
}

function locks(evaluate: Evaluate): Pick<RedisCommands, 'acquireLock' | 'renewLock' | 'releaseLock'> {
  const heldAs = (lock: Lock): string => `${lock.token}:${lock.owner}`;
  return {
    async acquireLock(name, owner, ttlMs) {
      const keys = [KEY.lock(name), KEY.lockToken(name)];
      const token = await evaluate('take a lock', scripts.ACQUIRE_LOCK, { keys, args: [owner, ttlMs] });
      return token === null ? null : { name, owner, token: Number(token) };
    },
    renewLock: async (lock, ttlMs) =>
      Number(
        await evaluate('renew a lock', scripts.RENEW_LOCK, {
          keys: [KEY.lock(lock.name)],
          args: [heldAs(lock), ttlMs],
        }),
      ) === 1,
    releaseLock: async (lock) =>
      Number(
        await evaluate('release a lock', scripts.RELEASE_LOCK, {
          keys: [KEY.lock(lock.name)],
          args: [heldAs(lock)],
        }),
      ) === 1,
  };
}

function pairUp(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] ?? ''] = flat[i + 1] ?? '';
  return fields;
}
