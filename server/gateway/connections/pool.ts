import { SignalboxError } from '#server/domain/errors.ts';
import { withinSignal } from '#server/platform/within-signal.ts';
import { OUR_REFUSAL } from '../refusals.ts';
import { type Connection, isSameConnection } from '../tenant/directory.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** Sessions with upstream servers, each shared by all calls to it. */
export interface Pool {
  /** The session that is there, or a new one. */
  get(connection: Connection): Promise<Upstream>;
  /** A session that is there, whoever's. */
  peek(connectionId: string): Upstream | undefined;
  /** Ends what does not fit what is asked for any more. Of what began since, one who has looked before knows nothing. */
  keepOnly(isWanted: (held: Connection) => boolean, lookedAt: number): void;
  /** It is of no use; the next call gets another. */
  drop(connection: Connection, upstream: Upstream): void;
  /** Resolves when all that was to be ended so far has. */
  closed(): Promise<void>;
  open(): { connection: Connection; upstream: Upstream }[];
  stop(): Promise<void>;
}

export interface PoolOptions {
  /** The signal: nobody wants it any more. */
  connect(connection: Connection, signal: AbortSignal): Promise<Upstream>;
  /** Unused for so long, a session is ended. */
  idleMs: number;
  /** How often that is looked at; left out: as always. */
  sweepMs?: number;
  maxSessions: number;
  now(): number;
  onOpened(connection: Connection, upstream: Upstream): void;
  onTrouble(message: string, error: unknown): void;
}

interface Held {
  connection: Connection;
  /** For those who wait for it. */
  opening: Promise<Upstream>;
  /** Until it is there, or has left nothing behind. */
  connecting: Promise<Upstream>;
  stop: AbortController;
  upstream: Upstream | null;
  begunAt: number;
  usedAt: number;
}

const SWEEP_MS = 15_000;

/** Where people sign in, each has a session of their own. */
const keyOf = ({ id, holder }: Connection): string => (holder ? `${id}/${holder}` : id);

export function createPool(options: PoolOptions): Pool {
  const { connect, idleMs, maxSessions, now, onTrouble } = options;
  const held = new Map<string, Held>();
  const closing = new Set<Promise<void>>();
  let isStopped = false;
  const timer = setInterval(() => {
    for (const [id, entry] of held) {
      if (entry.upstream?.isBusy) entry.usedAt = now();
      else if (now() - entry.usedAt > idleMs) release(id, entry);
    }
  }, options.sweepMs ?? SWEEP_MS);
  timer.unref();

  /** One that is still being opened is given up, and whoever waits for it is told why. */
  function release(id: string, entry: Held, why = givenUp()): void {
    if (held.get(id) === entry) held.delete(id);
    if (!entry.upstream) entry.stop.abort(why);
    const closed = entry.connecting
      .then((upstream) => upstream.close())
      .catch((error) => {
        // One that never opened has told its callers so.
        if (entry.upstream) onTrouble('A session with an MCP server could not be ended.', error);
      })
      .finally(() => closing.delete(closed));
    closing.add(closed);
  }

  /** The one that was used longest ago makes room, and before it those in which nobody waits. */
  function makeRoom(): void {
    if (held.size < maxSessions) return;
    const isBusy = (entry: Held) => Number(entry.upstream?.isBusy ?? true);
    const [oldest] = [...held].sort(([, a], [, b]) => isBusy(a) - isBusy(b) || a.usedAt - b.usedAt);
    if (oldest) release(...oldest);
  }

  function begin(connection: Connection): Held {
    makeRoom();
    const stop = new AbortController();
    const connecting = connect(connection, stop.signal);
    const opening = withinSignal(connecting, stop.signal);
    const times = { begunAt: now(), usedAt: now() };
    const entry: Held = { connection, opening, connecting, stop, upstream: null, ...times };
    const key = keyOf(connection);
    held.set(key, entry);
    opening.then(
      (upstream) => {
        entry.upstream = upstream;
        void upstream.ended.then(() => {
          if (held.get(key) === entry) held.delete(key);
        });
        if (held.get(key) === entry) options.onOpened(connection, upstream);
      },
      () => {
        if (held.get(key) === entry) held.delete(key);
      },
    );
    return entry;
  }

  return {
    async get(connection) {
      if (isStopped) throw stopping();
      const key = keyOf(connection);
      const found = held.get(key);
      if (found && !isSameConnection(found.connection, connection))
        release(key, found, changedMeanwhile(connection));
      const entry = held.get(key) ?? begin(connection);
      entry.usedAt = now();
      return entry.opening;
    },
    peek: (id) =>
      (held.get(id) ?? [...held.values()].find(({ connection }) => connection.id === id))?.upstream ??
      undefined,
    keepOnly(isWanted, lookedAt) {
      for (const [id, entry] of held) {
        const { connection, begunAt } = entry;
        if (begunAt < lookedAt && !isWanted(connection)) release(id, entry, changedMeanwhile(connection));
      }
    },
    drop(connection, upstream) {
      const entry = held.get(keyOf(connection));
      if (entry?.upstream === upstream) release(keyOf(connection), entry);
    },
    async closed() {
      await Promise.all(closing);
    },
    open: () =>
      [...held.values()].flatMap(({ connection, upstream }) => (upstream ? [{ connection, upstream }] : [])),
    async stop() {
      isStopped = true;
      clearInterval(timer);
      for (const [id, entry] of held) release(id, entry, stopping());
      await Promise.all(closing);
    },
  };
}

/** Calls go by the connection as it is when they are sent, so nothing goes to an address of before. */
export function changedMeanwhile({ slug }: Connection): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `The connection ${slug} was changed or removed meanwhile.`, {
    advice: 'Make the call again.',
    details: OUR_REFUSAL,
  });
}

const stopping = (): SignalboxError => new SignalboxError('UNAVAILABLE', 'The gateway is stopping.');

const givenUp = (): SignalboxError =>
  new SignalboxError('UNAVAILABLE', 'The session was given up to make room for others.', {
    advice: 'Make the call again.',
    details: OUR_REFUSAL,
  });
