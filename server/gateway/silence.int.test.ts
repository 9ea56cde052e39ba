import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#server/testing/faults/until.ts';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream } from '#server/testing/mcp-upstream.ts';

let rig: McpRig;
beforeAll(async () => {
  rig = await startMcpRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

const question = { question: 'Why?' };

/** One that worked when it was connected, and now takes what is sent and says nothing. */
async function startSilent(slug: string, more: object = {}) {
  const upstream = await startUpstream([echoTool('ask')]);
  const id = await rig.join({ slug, url: upstream.url, ...more });
  const held: ServerResponse[] = [];
  upstream.breakWith((response) => void held.push(response));
  // There is no session any more: the next call has to begin one.
  await rig.ask(`/connections/${id}`, { headers: { 'x-any': 'thing' } }, 'PATCH');
  return { id, held, [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose]() };
}

test('a call waits no longer than it may for a server that does not even greet', async () => {
  await using silent = await startSilent('mute', { timeout_ms: 300 });
  const answer = await rig.call('mute__ask', question);
  expect(answer).toMatchObject({
    status: 503,
    body: { detail: 'mute has not answered within 0.3 seconds.' },
  });
  // And not since the greeting was given up: that goes on for whoever calls next.
  expect(silent.held.map(({ destroyed }) => destroyed)).toEqual([false]);
});

test('whoever calls off a call at a server that does not even greet leaves nothing behind', async () => {
  await using silent = await startSilent('mute-too');
  const inFlight = async () => (await rig.ask(`/connections/${silent.id}`)).in_flight;
  const gone = new AbortController();
  const { origin, secret } = rig.http;
  const called = fetch(`${origin}/api/v1/mcp/call`, {
    ...{ method: 'POST', signal: gone.signal },
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ tool: 'mute-too__ask', arguments: question }),
  });
  await until('it is greeted', async () => silent.held.length > 0);
  expect(await inFlight()).toBe(1);
  gone.abort();
  await expect(called).rejects.toThrow();
  await until('its place is free', async () => (await inFlight()) === 0);
  // And not since the greeting was given up, here neither.
  expect(silent.held.map(({ destroyed }) => destroyed)).toEqual([false]);
});

test('a call for which nobody has said how long it may take may take a minute', async () => {
  await using upstream = await startUpstream([echoTool('ask')]);
  const id = await rig.join({ slug: 'unsaid', url: upstream.url });
  expect((await rig.ask(`/connections/${id}`)).timeout_ms).toBe(60_000);
  // Nor can anybody say that it may take for ever.
  for (const timeout_ms of [null, 0, 3_600_001]) {
    expect((await rig.try(`/connections/${id}`, { timeout_ms }, 'PATCH')).status).toBe(400);
  }
});
