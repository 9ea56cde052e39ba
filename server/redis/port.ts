import type { HotChannel, HotKey, LockName, PresenceKind } from './keys.ts';

/**
 * Hot state: what is wanted fast and may be lost. Losing all of it costs time, never truth; README.md says what each
 * fault does. Every call that needs Redis rejects with SignalboxError UNAVAILABLE, at once, while Redis is away.
 */
export interface StreamEntry {
  /** Opaque; later entries have later ids, also across a flush. Pass the last one seen to read on. */
  id: string;
  fields: Record<string, string>;
}

export interface Presence {
  id: string;
  data: string;
  /** When it counts as gone unless it beats again. */
  expiresAt: number;
}

export interface Lock {
  name: LockName;
  owner: string;
  /** Fencing number: higher at every acquisition of this name. Whoever writes with a lower one than was seen has lost. */
  token: number;
}

export interface HotStateState {
  kind: 'memory' | 'redis';
  connected: boolean;
  /** False while the connection that receives messages is away: subscribers hear only this process. */
  subscribed: boolean;
  lastError: string | null;
}

export type MessageHandler = (message: string, channel: string) => void;

/** Names come from keys.ts, which the types see to. Times are in the unit that the name says. */
export interface HotState {
  start(): Promise<void>;
  stop(): Promise<void>;
  state(): HotStateState;
  /** How much is used of the memory that it may use, 1 being all; null where nobody has set a limit. */
  fullness(): Promise<number | null>;

  /** With `ttlMs` its time begins anew: what is asked for stays. */
  get(key: HotKey, ttlMs?: number): Promise<string | null>;
  set(key: HotKey, value: string, ttlMs?: number): Promise<void>;
  delete(key: HotKey): Promise<boolean>;
  /** Adds and returns the new value. The first addition starts the ttl; later ones do not prolong it. */
  increment(key: HotKey, by: number, ttlMs: number): Promise<number>;
  /** Takes from a bucket: all of the cost, a whole number, or nothing. A cost of 0 only looks. */
  draw(key: HotKey, bucket: Bucket, cost: number): Promise<Drawn>;
  /**
   * Adds to a count that shall not pass `max`, or leaves it. Null when the count is not known and `from` does not say
   * what it is: count, and ask again with that. A negative `by` gives back, and does nothing to a count that is not known.
   */
  reserve(key: HotKey, wish: Reservation): Promise<Reserved | null>;

  /** Never rejects: hears this process at once, and others when Redis is there. Says whether it was sent to others. */
  publish(channel: HotChannel, message: string): Promise<boolean>;
  /** Lives through lost connections. Returns how to stop. */
  subscribe(channel: HotChannel, handler: MessageHandler): Promise<() => Promise<void>>;
  /** A glob as Redis has it: `*` any run of characters, `?` one, `[abc]` one of these. */
  subscribePattern(pattern: HotChannel, handler: MessageHandler): Promise<() => Promise<void>>;

  /** Called when messages of other processes may have been missed: read the truth again. Returns how to stop. */
  onGap(listener: () => void): () => void;

  appendStream(key: HotKey, fields: Record<string, string>, cap: StreamCap): Promise<string>;
  /** Entries after that id (null: from the oldest kept), oldest first. */
  readStream(key: HotKey, afterId: string | null, limit: number): Promise<StreamEntry[]>;

  beat(kind: PresenceKind, member: { id: string; data: string; ttlMs: number }): Promise<void>;
  leave(kind: PresenceKind, id: string): Promise<void>;
  listPresent(kind: PresenceKind): Promise<Presence[]>;

  acquireLock(name: LockName, owner: string, ttlMs: number): Promise<Lock | null>;
  /** False when the lock is no longer this one: stop what it protects. */
  renewLock(lock: Lock, ttlMs: number): Promise<boolean>;
  releaseLock(lock: Lock): Promise<boolean>;
}

/** Holds `size` at most and fills evenly, in `windowMs` from empty to full. */
export interface Bucket {
  size: number;
  windowMs: number;
}

export interface Drawn {
  isTaken: boolean;
  left: number;
  /** Until the cost can be taken; 0 when it was. */
  waitMs: number;
  fullInMs: number;
}

export interface Reservation {
  by: number;
  max: number;
  /** From when the count became known. */
  ttlMs: number;
  from?: number;
}

export interface Reserved {
  isTaken: boolean;
  /** After it, when it was taken. */
  used: number;
}

export interface StreamCap {
  maxEntries: number;
  ttlSeconds: number;
}

/** What a run's progress stream keeps. */
export const PROGRESS_STREAM_CAP: StreamCap = { maxEntries: 100, ttlSeconds: 600 };
