import type { Hearsay } from '#db/hearsay.ts';
import { createLruMap } from '#server/domain/graph/lru-map.ts';
import { isYoung } from '#server/domain/young.ts';
import { CHANNEL } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';
import type { Actor } from './actor.ts';

/** Says of an actor whether the change is about it. */
export type IsMeant = (actor: Actor) => boolean;

/** An actor, and whether it may come from there. */
export interface Entry {
  actor: Actor;
  allows(address: string | null): boolean;
}

/**
 * What is remembered of who may do what, and who is told when it changes. Remembering spares a look at the database for
 * each request; it lasts two seconds, and every process forgets at once when it hears of a change.
 */
export interface Access {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What stands behind a credential, by the credential's digest. */
  remember(key: string, load: () => Promise<Entry | undefined>): Promise<Entry | undefined>;
  /** To be called once it is committed. The subject is the id of a session, person, key or agent's token. */
  changed(subject: string): Promise<void>;
  /**
   * Heard when rights have changed or ended: whoever serves somebody for long (sockets, streams) authenticates those
   * that are meant once more. Returns how to stop.
   */
  onChange(listener: (isMeant: IsMeant) => void): () => void;
}

const REMEMBER_MS = 2000;
const REMEMBERED = 10_000;

interface Known {
  entry: Entry;
  readAt: number;
}

export interface AccessOptions {
  hot: HotState;
  /** By the database, where no Redis reaches the other processes. */
  hearsay: Hearsay;
  now(): number;
  onTrouble(message: string, error: unknown): void;
}

export function createAccess({ hot, hearsay, now, onTrouble }: AccessOptions): Access {
  let known = createLruMap<string, Known>(REMEMBERED);
  let changes = 0;
  const listeners = new Set<(isMeant: IsMeant) => void>();
  const stops: (() => void | Promise<void>)[] = [];

  function tell(isMeant: IsMeant): void {
    changes += 1;
    known = createLruMap(REMEMBERED);
    for (const listener of listeners) listener(isMeant);
  }

  return {
    async start() {
      const about = (subject: string) => tell((actor) => isAbout(actor, subject));
      stops.push(await hot.subscribe(CHANNEL.access, about));
      // Some news may have been missed: it may be about anybody.
      const aboutAnybody = () => tell(() => true);
      stops.push(hot.onGap(aboutAnybody));
      stops.push(await hearsay.listen(about, aboutAnybody));
    },
    async stop() {
      await Promise.all(stops.splice(0).map((stop) => stop()));
    },
    async remember(key, load) {
      const found = known.get(key);
      if (found && isYoung(found.readAt, now(), REMEMBER_MS)) return found.entry;
      const before = changes;
      const entry = await load();
      // What was read while something changed may be from before the change.
      if (entry && before === changes) known.set(key, { entry, readAt: now() });
      return entry;
    },
    async changed(subject) {
      const isSent = await hot.publish(CHANNEL.access, subject);
      if (isSent && hot.state().kind === 'redis') return;
      // It is committed already: the others see it when what they remember grows old.
      await hearsay
        .tell(subject)
        .catch((error: unknown) =>
          onTrouble('Other processes were not told that rights have changed', error),
        );
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function isAbout(actor: Actor, subject: string): boolean {
  return actor.id === subject || actor.userId === subject || actor.sessionId === subject;
}
