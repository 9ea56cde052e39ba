import { setTimeout as delay } from 'node:timers/promises';
import { SignalboxError } from '#server/domain/errors.ts';

export interface Call {
  path: string;
  method?: 'POST' | 'PATCH' | 'DELETE';
  body?: object;
  /** What is made under it is made once, however often it is asked for. */
  key?: string;
}

/** One call of the REST API, like anybody's: judged, counted and noted in the audit. */
export type Caller = (call: Call) => Promise<Record<string, unknown>>;

const MAX_WAIT_MS = 60_000;

export function createCaller({ origin, token }: { origin: string; token: string }): Caller {
  return async function call({ path, body, key, method = body ? 'POST' : undefined }) {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    };
    for (;;) {
      const response = await fetch(`${origin}/api/v1${path}`, {
        ...{ method: method ?? 'GET', headers },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const text = await response.text();
      if (response.ok) return text === '' ? {} : JSON.parse(text);
      const waitMs = Number(response.headers.get('retry-after')) * 1000;
      // Too many calls for a minute, or too much work at once: the server says when to come again.
      if (!(waitMs > 0 && waitMs <= MAX_WAIT_MS)) throw refusedBy(path, text);
      await delay(waitMs);
    }
  };
}

function refusedBy(path: string, text: string): SignalboxError {
  try {
    const { detail, advice } = JSON.parse(text);
    return new SignalboxError('CONFLICT', `${path}: ${detail}`, { advice });
  } catch {
    return new SignalboxError('UNAVAILABLE', `${path} was answered with ${text.slice(0, 200)}`);
  }
}
