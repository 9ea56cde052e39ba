import { AsyncLocalStorage } from 'node:async_hooks';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client';
import type { JsonObject } from '#server/domain/json.ts';
import type { Question } from '#server/domain/mcp.ts';

/** Hears what a server asks in the middle of a call. */
export type Hear = (method: Question['method'], params: unknown) => Promise<JsonObject>;

/** Whose call it is that a server of the old generation asks about: its question does not say so. */
export interface Asking {
  /** Does the work of a call, whose questions are heard by `hear`. */
  within<Result>(call: { hear: Hear; signal: AbortSignal }, work: () => Promise<Result>): Promise<Result>;
  /** Of the call that it belongs to. Throws when nobody can tell which that is. */
  hear: Hear;
}

/** A server that works on a call after its caller has gone may still ask. */
const LINGER_MS = 30_000;

/**
 * What comes on the stream of a call's own answer belongs to it. Where there is one stream for all (a program, or a
 * server that sends apart from its answers) it belongs to the only call that there is; of several nobody can tell, and
 * then nobody is asked: what one caller is asked is never shown to another.
 */
export function createAsking(now: () => number): Asking {
  const current = new AsyncLocalStorage<Hear>();
  const underway = new Set<Hear>();
  let lingering: number[] = [];

  return {
    async within({ hear, signal }, work) {
      underway.add(hear);
      try {
        return await current.run(hear, work);
      } finally {
        underway.delete(hear);
        if (signal.aborted) lingering.push(now() + LINGER_MS);
      }
    },
    hear(method, params) {
      const own = current.getStore();
      if (own) {
        if (underway.has(own)) return own(method, params);
        throw unheard('The call that this belongs to has ended.');
      }
      lingering = lingering.filter((until) => until > now());
      const [only, other] = underway;
      if (only && !other && lingering.length === 0) return only(method, params);
      throw unheard(
        underway.size === 0
          ? 'No call is under way.'
          : 'Several calls are under way, and it cannot be told which one this belongs to.',
      );
    },
  };
}

const unheard = (message: string): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidRequest, message);
