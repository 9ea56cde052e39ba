import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Json } from '#server/domain/json.ts';
import { createRelay, type Relay } from '#server/gateway/relay.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import type { HotState } from '#server/redis/port.ts';
import type { McpCall } from './call.ts';
import { type Conversed, createConversations } from './conversations.ts';

let hot: HotState;
const relays: Relay[] = [];
beforeEach(async () => {
  hot = createMemoryHotState();
  await hot.start();
});
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.stop();
  await hot.stop();
});

/** What one process has, of several that share hot state. */
function startProcess() {
  const relay = createRelay({ hot, id: randomUUID(), newUuid: randomUUID, beatMs: 100 });
  relays.push(relay);
  const alarms: { ms: number; act(): void; isOff: boolean }[] = [];
  const conversations = createConversations(relay, (ms, act) => {
    const alarm = { ms, act, isOff: false };
    alarms.push(alarm);
    return () => {
      alarm.isOff = true;
    };
  });
  return { relay, conversations, alarms };
}

const callOf = (id: string): McpCall =>
  ({ actor: { orgId: 'org', kind: 'key', id }, signal: new AbortController().signal }) as never;

const ABOUT = {
  ...{ connectionUuid: '', tool: 'fill', definitionHash: '', isRepeatable: false, sender: 'a server' },
  carried: null,
};
const heard: Json[] = [];
const signal = new AbortController().signal;

/** A request of a client of the new generation: the first, or one that comes again with an answer. */
function request(
  requestState?: string,
  inputResponses?: object,
  failed: unknown[] = [],
): Conversed<{ said: Json }> {
  const mcpReq = {
    ...{ signal, inputResponses, requestState: () => requestState, _meta: { progressToken: 1 } },
    notify: async ({ params }: { params: Json }) => void heard.push(params),
  };
  const client = { isNew: true, canFill: true, canOpen: true, canSample: true, canListRoots: true };
  return {
    ...{ context: { mcpReq } as never, client: { ...client, logLevel: undefined }, about: ['a call'] },
    async work({ askable, onProgress }) {
      const asked = askable.ask({ city: { method: 'elicitation/create', params: {} } }, ABOUT);
      asked.catch((error) => failed.push(error));
      const { city } = await asked;
      onProgress?.({ progress: 1 });
      if (city?.action === 'decline') throw new Error('a bug');
      return { said: city ?? null };
    },
  };
}
const BERN = { city: { action: 'accept', content: { city: 'Bern' } } };

async function askedBy(process: ReturnType<typeof startProcess>): Promise<string> {
  const asked = await process.conversations.converse(callOf('ada'), request());
  expect(asked).toMatchObject({ resultType: 'input_required', inputRequests: { city: {} } });
  return (asked as { requestState: string }).requestState;
}

test('an answer finds the call that waits for it, to whichever process it comes', async () => {
  const [one, two] = [startProcess(), startProcess()];
  const state = await askedBy(one);
  heard.length = 0;
  expect(await two.conversations.converse(callOf('ada'), request(state, BERN))).toEqual({ said: BERN.city });
  expect(heard).toEqual([{ progress: 1, progressToken: 1 }]);
  const again = two.conversations.converse(callOf('ada'), request(state, BERN));
  await expect(again).rejects.toThrow('Nothing waits for this answer');
});

test('another caller answers nothing from there either, and what goes wrong is told', async () => {
  const [one, two] = [startProcess(), startProcess()];
  const state = await askedBy(one);
  const foreign = two.conversations.converse(callOf('eve'), request(state, BERN));
  await expect(foreign).rejects.toThrow('Nothing waits for this answer');
  const declined = two.conversations.converse(callOf('ada'), request(state, { city: { action: 'decline' } }));
  await expect(declined).rejects.toMatchObject({ code: 'INTERNAL', message: 'a bug' });
});

test('whoever answers a call whose process has ended is told that nothing waits', async () => {
  const [one, two] = [startProcess(), startProcess()];
  const state = await askedBy(one);
  await one.relay.stop();
  const late = two.conversations.converse(callOf('ada'), request(state, BERN));
  await expect(late).rejects.toThrow('Nothing waits for this answer');
});

test('after ten minutes without an answer the work is told so, and an answer that comes then finds nothing', async () => {
  const { conversations, alarms } = startProcess();
  const failed: unknown[] = [];
  const asked = await conversations.converse(callOf('ada'), request(undefined, undefined, failed));
  const { requestState } = asked as { requestState: string };
  expect(alarms).toMatchObject([{ ms: 600_000, isOff: false }]);
  alarms[0]?.act();
  const late = conversations.converse(callOf('ada'), request(requestState, BERN));
  await expect(late).rejects.toThrow('Nothing waits for this answer');
  expect(failed).toMatchObject([
    { code: 'UNAVAILABLE', message: 'Nobody has answered within ten minutes.', advice: 'Call it again.' },
  ]);
});

test('an answer in time stops the clock', async () => {
  const { conversations, alarms } = startProcess();
  const asked = await conversations.converse(callOf('ada'), request());
  const { requestState } = asked as { requestState: string };
  expect(await conversations.converse(callOf('ada'), request(requestState, BERN))).toEqual({
    said: BERN.city,
  });
  expect(alarms).toMatchObject([{ isOff: true }]);
});

test('a client of the old generation is asked for ten minutes too, and no longer', async () => {
  const { conversations } = startProcess();
  const limits: object[] = [];
  const { context, ...asked } = request();
  const { mcpReq } = context;
  const send = async (_: object, given: object) => {
    limits.push(given);
    return BERN.city;
  };
  const answer = await conversations.converse(callOf('ada'), {
    ...asked,
    ...{ context: { mcpReq: { ...mcpReq, send } } as never, client: { ...asked.client, isNew: false } },
  });
  expect(answer).toEqual({ said: BERN.city });
  // Progress that the client tells of does not lengthen it.
  expect(limits).toMatchObject([{ timeout: 600_000, maxTotalTimeout: 600_000 }]);
});
