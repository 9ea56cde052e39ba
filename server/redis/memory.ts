import { budgets } from './buckets.ts';
import { type ExpiringMap, makeExpiringMap } from './expiring-map.ts';
import { KEY } from './keys.ts';
import type { HotState, Lock, MessageHandler, Presence, StreamEntry } from './port.ts';
import { makeSubscriptions } from './subscriptions.ts';

export interface MemoryHotStateOptions {
  now?: () => number;
  onHandlerError?: (error: unknown) => void;
  /** How often expired entries are looked for, so that memory is given back even for what nobody reads again. */
  sweepEveryMs?: number;
}

/** Each part of the port is a function of the clock, and brings its own clean-up. */
type Part<Methods extends keyof HotState> = Pick<HotState, Methods> & { sweep(): void };

/** Hot state of a one-process installation. */
export function createMemoryHotState(options: MemoryHotStateOptions = {}): HotState {
  const now = options.now ?? Date.now;
  const values = strings(now);
  const budget = budgets(now);
  const stream = streams(now);
  const presence = presences(now);
  const lock = locks(now);
  let sweeper: NodeJS.Timeout | undefined;
  const sweep = (): void => {
    for (const part of [values, budget, stream, presence, lock]) part.sweep();
  };
  return {
    async start() {
      sweeper ??= setInterval(sweep, options.sweepEveryMs ?? 30_000).unref();
    },
    async stop() {
      clearInterval(sweeper);
      sweeper = undefined;
    },
    state() {
      const running = sweeper !== undefined;
      return { kind: 'memory', connected: running, subscribed: running, lastError: null };
    },
    fullness: async () => null,
    ...messages(options.onHandlerError ?? (() => {})),
    get: values.get,
    set: values.set,
    delete: values.delete,
    increment: values.increment,
    draw: budget.draw,
    reserve: budget.reserve,
    appendStream: stream.appendStream,
    readStream: stream.readStream,
    beat: presence.beat,
    leave: presence.leave,
    listPresent: presence.listPresent,
    acquireLock: lock.acquireLock,
    renewLock: lock.renewLock,
    releaseLock: lock.releaseLock,
  };
}

function strings(now: () => number): Part<'get' | 'set' | 'delete' | 'increment'> {
  const map = makeExpiringMap<string>(now);
  return {
    async get(key, ttlMs) {
      const found = map.get(key);
      if (found !== undefined && ttlMs !== undefined) map.set(key, found, ttlMs);
      return found ?? null;
    },
    set: async (key, value, ttlMs) => map.set(key, value, ttlMs),
    delete: async (key) => map.delete(key),
    async increment(key, by, ttlMs) {
      const before = map.get(key);
      const value = Number(before ?? 0) + by;
      if (before === undefined) map.set(key, String(value), ttlMs);
      else map.replace(key, String(value));
      return value;
    },
    sweep: map.sweep,
  };
}

function messages(
  onHandlerError: (error: unknown) => void,
): Pick<HotState, 'publish' | 'subscribe' | 'subscribePattern' | 'onGap'> {
  const subscriptions = makeSubscriptions(onHandlerError);
  const listen = (kind: 'channel' | 'pattern') => async (name: string, handler: MessageHandler) => {
    const { entry } = subscriptions.add(kind, name, handler);
    return async () => {
      subscriptions.remove(kind, name, entry);
    };
  };
  return {
    async publish(channel, message) {
      // As with a network between: the publisher's own turn ends before anyone hears it.
      queueMicrotask(() => subscriptions.deliver(channel, message));
      return true;
    },
    subscribe: listen('channel'),
    subscribePattern: listen('pattern'),
    // Nothing is ever missed in one process.
    onGap: () => () => {},
  };
}

function streams(now: () => number): Part<'appendStream' | 'readStream'> {
  const map: ExpiringMap<StreamEntry[]> = makeExpiringMap(now);
  let last = { ms: 0, sequence: 0 };
  const nextId = (): string => {
    const ms = now();
    last = ms > last.ms ? { ms, sequence: 0 } : { ms: last.ms, sequence: last.sequence + 1 };
    return `${last.ms}-${last.sequence}`;
  };
  return {
    async appendStream(key, fields, { maxEntries, ttlSeconds }) {
      const id = nextId();
      const entries = [...(map.get(key) ?? []), { id, fields: { ...fields } }].slice(-maxEntries);
      map.set(key, entries, ttlSeconds * 1000);
      return id;
    },
    async readStream(key, afterId, limit) {
      const entries = map.get(key) ?? [];
      const newer = afterId === null ? entries : entries.filter((entry) => compareIds(entry.id, afterId) > 0);
      return newer.slice(0, limit);
    },
    sweep: map.sweep,
  };
}

function compareIds(a: string, b: string): number {
  const [aMs = 0, aSequence = 0] = a.split('-').map(Number);
  const [bMs = 0, bSequence = 0] = b.split('-').map(Number);
  return aMs - bMs || aSequence - bSequence;
}

function presences(now: () => number): Part<'beat' | 'leave' | 'listPresent'> {
  const kinds = new Map<string, Map<string, Presence>>();
  return {
    async beat(kind, { id, data, ttlMs }) {
      const members = kinds.get(kind) ?? new Map<string, Presence>();
      kinds.set(kind, members);
      members.set(id, { id, data, expiresAt: now() + ttlMs });
    },
    async leave(kind, id) {
      kinds.get(kind)?.delete(id);
    },
    async listPresent(kind) {
      const members = [...(kinds.get(kind)?.values() ?? [])];
      return members.filter((presence) => presence.expiresAt > now());
    },
    sweep() {
      for (const [kind, members] of kinds) {
        for (const [id, presence] of members) if (presence.expiresAt <= now()) members.delete(id);
        if (members.size === 0) kinds.delete(kind);
      }
    },
  };
}

function locks(now: () => number): Part<'acquireLock' | 'renewLock' | 'releaseLock'> {
  const map = makeExpiringMap<Lock>(now);
  let lastToken = 0;
  const isHeld = (lock: Lock): boolean => map.get(KEY.lock(lock.name))?.token === lock.token;
  return {
    async acquireLock(name, owner, ttlMs) {
      if (map.get(KEY.lock(name))) return null;
      // Microseconds of the clock, so that the numbers grow also across a restart, as the Redis adapter's do.
      lastToken = Math.max(lastToken + 1, now() * 1000);
      const lock = { name, owner, token: lastToken };
      map.set(KEY.lock(name), lock, ttlMs);
      return lock;
    },
    async renewLock(lock, ttlMs) {
      if (!isHeld(lock)) return false;
      map.set(KEY.lock(lock.name), lock, ttlMs);
      return true;
    },
    releaseLock: async (lock) => isHeld(lock) && map.delete(KEY.lock(lock.name)),
    sweep: map.sweep,
  };
}
