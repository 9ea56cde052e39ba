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
  return { relay, conversations: createConversations(relay) };
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
function request(requestState?: string, inputResponses?: object): Conversed<{ said: Json }> {
  const mcpReq = {
    ...{ signal, inputResponses, requestState: () => requestState, _meta: { progressToken: 1 } },
    notify: async ({ params }: { params: Json }) => void heard.push(params),
  };
  const client = { isNew: true, canFill: true, canOpen: true, canSample: true, canListRoots: true };
  return {
    ...{ context: { mcpReq } as never, client: { ...client, logLevel: undefined }, about: ['a call'] },
    async work({ askable, onProgress }) {
      const { city } = await askable.ask({ city: { method: 'elicitation/create', params: {} } }, ABOUT);
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
