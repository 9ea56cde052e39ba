import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject } from '#server/domain/json.ts';
import type { McpCall } from './call.ts';

/** Streams that stay open cost a connection and what they listen to; nobody needs many. */
const MAX_OF_ONE = 64;
const MAX_OF_ALL = 2000;

interface Asked {
  request: Request;
  body: unknown;
}

const stays = ({ request, body }: Asked): boolean =>
  request.method === 'GET' || (isJsonObject(body) && body.method === 'subscriptions/listen');

/** How many streams this process holds open for listening, by caller. */
export function createStreamCount() {
  const byCaller = new Map<string, number>();
  let all = 0;

  function change(caller: string, by: 1 | -1): void {
    all += by;
    const left = (byCaller.get(caller) ?? 0) + by;
    if (left === 0) byCaller.delete(caller);
    else byCaller.set(caller, left);
  }

  return {
    async within(call: McpCall, asked: Asked, work: () => Promise<Response>): Promise<Response> {
      if (!stays(asked)) return work();
      const caller = `${call.actor.orgId}/${call.actor.kind}:${call.actor.id}`;
      if ((byCaller.get(caller) ?? 0) >= MAX_OF_ONE || all >= MAX_OF_ALL) {
        throw new SignalboxError('LIMITED', `No more than ${MAX_OF_ONE} streams can be open at once.`, {
          advice: 'Close one first.',
          details: { retryAfterSeconds: 5 },
        });
      }
      if (call.signal.aborted) return work();
      change(caller, 1);
      call.signal.addEventListener('abort', () => change(caller, -1), { once: true });
      return work();
    },
  };
}
