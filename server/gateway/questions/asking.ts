import { AsyncLocalStorage } from 'node:async_hooks';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client';
import type { JsonObject } from '#server/domain/json.ts';
import type { Answers, Carried, LogEar, LogLine, Question } from '#server/domain/mcp.ts';

/** What a server asks at once, by names of its own. */
export type Asked = Readonly<Record<string, { method: Question['method']; params: unknown }>>;

/** Hears what a server asks in the middle of a call. `carried`: of one that keeps no session waiting for it. */
export type Hear = (asked: Asked, carried?: Carried) => Promise<Answers>;

/** Whoever hears what a server says in the middle of a call. */
interface Listener {
  hear: Hear;
  log?: LogEar | undefined;
}

/** Whose call it is that a server of the old generation asks about: its question does not say so. */
export interface Asking {
  /** Does the work of a call, whose questions and log lines are heard by whoever made it. */
  within<Result>(call: Listener & { signal: AbortSignal }, work: () => Promise<Result>): Promise<Result>;
  /** One question of the call that it belongs to. Throws when nobody can tell which that is. */
  hear(method: Question['method'], params: unknown): Promise<JsonObject>;
  /** A line of the call that it belongs to; nobody hears one of which that cannot be told. */
  tell(line: LogLine): void;
}

/** A server that works on a call after its caller has gone may still ask. */
const LINGER_MS = 30_000;
/** What is asked alone has no name. */
const NAME = 'answer';

/**
 * What comes on the stream of a call's own answer belongs to it. Where there is one stream for all (a program, or a
 * server that sends apart from its answers) it belongs to the only call that there is; of several nobody can tell, and
 * then nobody is asked: what one caller is asked is never shown to another.
 */
export function createAsking(now: () => number): Asking {
  const current = new AsyncLocalStorage<Listener>();
  const underway = new Set<Listener>();
  let lingering: number[] = [];

  /** The only call that there is. */
  function findOnly(): Listener | undefined {
    lingering = lingering.filter((until) => until > now());
    const [only, other] = underway;
    return other || lingering.length > 0 ? undefined : only;
  }

  function find(): Listener {
    const own = current.getStore();
    if (own && !underway.has(own)) throw unheard('The call that this belongs to has ended.');
    const found = own ?? findOnly();
    if (found) return found;
    throw unheard(
      underway.size === 0
        ? 'No call is under way.'
        : 'Several calls are under way, and it cannot be told which one this belongs to.',
    );
  }

  return {
    async within({ hear, log, signal }, work) {
      const listener: Listener = { hear, log };
      underway.add(listener);
      try {
        return await current.run(listener, work);
      } finally {
        underway.delete(listener);
        if (signal.aborted) lingering.push(now() + LINGER_MS);
      }
    },
    async hear(method, params) {
      const answers = await find().hear({ [NAME]: { method, params } });
      return answers[NAME] as JsonObject;
    },
    tell(line) {
      const own = current.getStore();
      const found = own ? underway.has(own) && own : findOnly();
      if (found) found.log?.tell(line);
    },
  };
}

const unheard = (message: string): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidRequest, message);
