import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Sockets } from '#server/api/sockets/sockets.ts';
import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { bearer } from '#server/testing/app-world.ts';
import { attachTestSockets } from '#server/testing/attach-sockets.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { askMcp, outcomeOf } from '#server/testing/mcp/ask-mcp.ts';
import { type Browser, joinAs, type Member, PASSWORD, signInByLink } from '#server/testing/people.ts';
import { type Receiver, startReceiver } from '#server/testing/receiver.ts';
import { connectWs, untilTold } from '#server/testing/ws-client.ts';

/** All that goes on for somebody after they have asked: docs/identity.md has the table of it. */
const PATIENCE = { timeout: 60_000, interval: 50 };

let http: TestServer;
let sockets: Sockets;
let owner: Browser;
let receiver: Receiver;
let pipeline: string;
let run: string;

beforeAll(async () => {
  http = await startTestServer({ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' });
  const { services } = http.program;
  sockets = attachTestSockets(http, { services });
  receiver = await startReceiver();
  owner = await signInByLink(http, services.identity.links.issueOwnerLink);
  const stages = [{ name: 'only', type: 'sleep', config: { ms: 3_600_000 } }];
  pipeline = (await owner.ask('/api/v1/pipelines', { body: { name: 'long', stages } })).body.id;
  run = await startRun(owner);
});
afterAll(async () => {
  await sockets.stop();
  await receiver[Symbol.asyncDispose]();
  await http[Symbol.asyncDispose]();
});

const cancel = (id: string) => owner.ask(`/api/v1/runs/${id}/cancel`, { body: { grace_seconds: 0 } });

async function startRun(who: Pick<Browser, 'ask'>, more: object = {}): Promise<string> {
  const { status, body } = await who.ask(`/api/v1/pipelines/${pipeline}/execute`, { body: more });
  expect(status, JSON.stringify(body)).toBe(202);
  return body.id;
}
const withKey = (key: string): Pick<Browser, 'ask'> => ({
  ask: (path, asked = {}) => http.ask(path, { ...asked, headers: { ...asked.headers, ...bearer(key) } }),
});
async function makeKey(who: Member, role: string): Promise<{ id: string; key: string }> {
  const { status, body } = await who.ask('/api/v1/keys', { body: { name: `${role} of ${who.id}`, role } });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

/** Something that goes on until rights are withdrawn, and what came of it then. */
interface GoingOn {
  isOver(): boolean;
  end: Promise<unknown>;
}

function watched(end: Promise<unknown>): GoingOn {
  let isOver = false;
  const told = end.finally(() => {
    isOver = true;
  });
  told.catch(() => undefined);
  return { isOver: () => isOver, end: told };
}

/** Until the other side hangs up: what was sent before that is not asked. */
async function readStream(response: Response): Promise<string> {
  expect(response.status).toBe(200);
  const reader = response.body?.getReader();
  while (reader && !(await reader.read().catch(() => ({ done: true }))).done);
  return 'hung up';
}

async function followEvents(headers: Record<string, string>): Promise<GoingOn> {
  const response = await fetch(`${http.origin}/api/v1/runs/${run}/events?follow=1`, { headers });
  return watched(readStream(response));
}

const waitForRun = (headers: Record<string, string>): GoingOn =>
  watched(
    http
      .ask('/tools/run_wait', { body: { run_id: run, timeout_seconds: 300 }, headers })
      .then(({ status, body }) => [status, body.code]),
  );

/** An answer that is begun is cut off; one that is not says why. */
const waitByMcp = (headers: Record<string, string>): GoingOn =>
  watched(
    askMcp(http, {
      ...{ method: 'tools/call', headers },
      params: { name: 'run_wait', arguments: { run_id: run, timeout_seconds: 300 } },
    }).then(
      (answer) => (outcomeOf(answer).code === undefined ? 'answered' : 'refused'),
      () => 'refused',
    ),
  );

async function listenByMcp(headers: Record<string, string>): Promise<GoingOn> {
  const accept = 'application/json, text/event-stream';
  const params = {
    ...{ protocolVersion: '2025-11-25', capabilities: {} },
    clientInfo: { name: 'a-test', version: '1' },
  };
  const hello = await http.ask('/mcp', {
    body: { jsonrpc: '2.0', id: 1, method: 'initialize', params },
    headers: { ...headers, accept },
  });
  const session = {
    'mcp-session-id': hello.headers.get('mcp-session-id') ?? '',
    'mcp-protocol-version': '2025-11-25',
  };
  const stream = { ...headers, ...session, accept: 'text/event-stream' };
  return watched(readStream(await fetch(`${http.origin}/mcp`, { headers: stream })));
}

async function listenByWs(token: string): Promise<GoingOn> {
  const client = await connectWs({ origin: http.origin, token, targets: [{ run_id: run }] });
  onTestFinished(() => client.socket.terminate());
  await untilTold(client, { type: 'ready' });
  return watched(client.closed.then(({ code }) => code));
}

async function listenByPanel({ cookie }: Browser): Promise<GoingOn> {
  const socket: Socket = io(http.origin, {
    ...{ transports: ['websocket'], reconnection: false, forceNew: true },
    extraHeaders: { origin: http.origin, cookie },
  });
  onTestFinished(() => {
    socket.disconnect();
  });
  const end = new Promise((resolve) => socket.once('ended', ({ code }) => resolve(code)));
  const said = await new Promise((resolve, reject) => {
    socket.once('connect_error', reject);
    socket.emit('subscribe', [{ run_id: run }], resolve);
  });
  expect(said).toEqual({ ok: true });
  return watched(end);
}

/** Larger than what may be on its way: the rest of it is asked for when it is read. */
async function exportAudit({ headers }: Browser): Promise<GoingOn> {
  const response = await fetch(`${http.origin}/api/v1/audit/export`, { headers });
  expect(response.status).toBe(200);
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const end = begun
    .then(() => response.text())
    .then(
      () => 'all of it',
      () => 'cut off',
    );
  const going = watched(end);
  // Nobody reads until it has been withdrawn.
  return {
    isOver: going.isOver,
    get end() {
      begin();
      return going.end;
    },
  };
}

interface Waiting {
  token: { id: string; token: string };
  claim: GoingOn;
}

async function waitForWork(who: Member, agent: string): Promise<Waiting> {
  const token = (await who.ask('/api/v1/agent-tokens', { body: { agent } })).body;
  const registered = await http.ask('/api/v1/agents/register', {
    body: { name: agent, transport: 'pull', capabilities: [{ name: `work-of-${agent}` }] },
    headers: bearer(token.token),
  });
  const { id, generation } = registered.body;
  const claim = http.ask(`/api/v1/agents/${id}/claim`, {
    body: { generation, wait_ms: 60_000 },
    headers: bearer(token.token),
  });
  return { token, claim: watched(claim.then(({ status }) => status)) };
}

const ofSession = async (who: Browser) => ({
  wait: waitForRun(who.headers),
  events: await followEvents(who.headers),
  panel: await listenByPanel(who),
});
const ofKey = async (key: string) => ({
  mcpWait: waitByMcp(bearer(key)),
  events: await followEvents(bearer(key)),
  ws: await listenByWs(key),
  mcp: await listenByMcp(bearer(key)),
});
const ends = async (all: Record<string, GoingOn>) =>
  Object.fromEntries(
    await Promise.all(Object.entries(all).map(async ([name, { end }]) => [name, await end] as const)),
  );
const expectGoingOn = (all: Record<string, GoingOn>) => {
  for (const [name, going] of Object.entries(all)) expect([name, going.isOver()]).toEqual([name, false]);
};
const KEY_ENDS = { mcpWait: 'refused', events: 'hung up', ws: 4401, mcp: 'hung up' };

async function notesOf(target: string): Promise<{ action: string; body: Record<string, unknown> }[]> {
  const rows = await http.program.database.sql<{ action: string; body: string }[]>`
    SELECT action, body FROM audit_entries WHERE target = ${target} ORDER BY seq`;
  return rows.map(({ action, body }) => ({ action, body: JSON.parse(body) }));
}
const find = async (path: string, list: string, id: string) =>
  (await owner.ask(path)).body[list].find((each: { id: string }) => each.id === id);

test('a membership that ends takes along all that goes on for whoever had it', async () => {
  await fillAudit();
  const member = await joinAs(http, owner, 'admin');
  const { id: keyId, key } = await makeKey(member, 'operator');
  const { token, claim } = await waitForWork(member, 'theirs');
  const mail = {
    name: 'to them',
    kind: 'email',
    address: member.email.toUpperCase(),
    events: ['run.failed'],
  };
  const { body: target } = await owner.ask('/api/v1/notification-targets', { body: mail });
  const told = await startRun(withKey(key), { notification: { webhook: receiver.url } });
  const { body: invite } = await member.ask('/api/v1/invites', { body: { role: 'viewer' } });
  const view = { query: 'status=failed', shared: true };
  const shared = await member.ask('/api/v1/views/runs/theirs', { method: 'PUT', body: view });
  expect(shared.status).toBeLessThan(300);
  const session = { ...(await ofSession(member)), audit: await exportAudit(member) };
  const byKey = await ofKey(key);
  expectGoingOn({ ...session, ...byKey, claim });

  expect((await owner.ask(`/api/v1/members/${member.id}`, { method: 'DELETE' })).status).toBe(204);
  expect(await ends(session)).toEqual({
    ...{ wait: [401, 'UNAUTHENTICATED'], events: 'hung up', panel: 4401 },
    audit: 'cut off',
  });
  expect(await ends(byKey)).toEqual(KEY_ENDS);
  expect(await claim.end).toBe(401);

  // What they left behind is refused, and says why.
  for (const each of [key, token.token]) {
    expect((await http.ask('/api/v1/me', { headers: bearer(each) })).status).toBe(401);
  }
  const why = 'Whoever made it is no member any more.';
  expect(await find('/api/v1/keys', 'keys', keyId)).toMatchObject({ stopped_because: why });
  expect(await find('/api/v1/agent-tokens', 'agent_tokens', token.id)).toMatchObject({
    stopped_because: why,
  });
  const account = { name: 'Late', email: 'late-guest@example.org', password: PASSWORD };
  expect((await http.ask('/api/v1/auth/join', { body: { token: invite.token, ...account } })).status).toBe(
    401,
  );
  expect(await find('/api/v1/notification-targets', 'targets', target.id)).toMatchObject({
    ...{ active: false, off_reason: 'Whoever it mails to is no member any more.' },
  });
  // A view is a list's filter: it shows nobody more than they may see, and stays.
  expect(JSON.stringify((await owner.ask('/api/v1/views/runs')).body)).toContain('theirs');
  const notes = await notesOf(member.id);
  expect(notes.at(-1)).toMatchObject({
    action: 'member.removed',
    body: { after: { stopped: { api_keys: 1, agent_tokens: 1, notification_targets: 1 } } },
  });

  // The run that they started is the organisation's and goes on; its end is not told to their address.
  expect((await owner.ask(`/api/v1/runs/${told}`)).body.status).toBe('running');
  await cancel(told);
  const withheld = await vi.waitFor(async () => {
    const { deliveries } = (await owner.ask(`/api/v1/notification-deliveries?run_id=${told}`)).body;
    expect(deliveries).toMatchObject([{ state: 'given-up' }]);
    return deliveries[0];
  }, PATIENCE);
  expect(withheld.last_error).toContain('whoever asked to be told may not see this run any more');
  expect(receiver.received).toEqual([]);
  expect((await notesOf(told)).map(({ action }) => action)).toContain('notification.withheld');
});

test('a role that is lowered holds for what goes on, and narrows keys and tokens', async () => {
  const member = await joinAs(http, owner, 'admin');
  const { key } = await makeKey(member, 'admin');
  const { token, claim } = await waitForWork(member, 'lowered');
  const session = await ofSession(member);
  expectGoingOn({ ...session, claim });
  await owner.ask(`/api/v1/members/${member.id}`, { method: 'PATCH', body: { role: 'viewer' } });
  expect(await ends(session)).toEqual({ wait: [409, 'CONFLICT'], events: 'hung up', panel: 4409 });
  expect(await claim.end).toBe(401);
  const listed = await find('/api/v1/agent-tokens', 'agent_tokens', token.id);
  expect(listed.stopped_because).toBe('Whoever made it may not make tokens for agents any more.');
  const { ask } = withKey(key);
  expect((await ask(`/api/v1/runs/${run}`)).status).toBe(200);
  expect((await ask(`/api/v1/pipelines/${pipeline}/execute`, { body: {} })).status).toBe(403);
  expect((await notesOf(member.id)).at(-1)).toMatchObject({
    action: 'member.role-changed',
    body: { after: { role: 'viewer', stopped: { agent_tokens: 1 } } },
  });
  // What they may see goes on when they come again.
  expectGoingOn({ events: await followEvents(member.headers) });
});

test('a key that is revoked, and one whose time is over, end what they had open and nothing else', async () => {
  const member = await joinAs(http, owner, 'admin');
  const [revoked, expired] = [await makeKey(member, 'viewer'), await makeKey(member, 'viewer')];
  const panel = await listenByPanel(member);
  const [first, second] = [await ofKey(revoked.key), await ofKey(expired.key)];
  expectGoingOn({ ...first, ...second });
  await http.program.database.sql`UPDATE api_keys SET expires_at = now()
    WHERE id = ${toUuid(expired.id as never)}::text::uuid`;
  await member.ask(`/api/v1/keys/${revoked.id}`, { method: 'DELETE' });
  expect(await ends(first)).toEqual(KEY_ENDS);
  // Nobody says so when a time is over: it is looked for.
  expect(await ends(second)).toEqual(KEY_ENDS);
  expectGoingOn({ panel });
});

test('a grant that is taken ends what was opened with it', async () => {
  const member = await joinAs(http, owner, 'viewer');
  const grant = `/api/v1/pipelines/${pipeline}/grants/${member.id}`;
  expect((await owner.ask(grant, { method: 'PUT', body: {} })).status).toBeLessThan(300);
  await cancel(await startRun(member));
  const session = await ofSession(member);
  expectGoingOn(session);
  await owner.ask(grant, { method: 'DELETE' });
  expect(await ends(session)).toEqual({ wait: [409, 'CONFLICT'], events: 'hung up', panel: 4409 });
  expect((await member.ask(`/api/v1/pipelines/${pipeline}/execute`, { body: {} })).status).toBe(403);
});

test('a session that goes over to another organisation ends what was open in the one before; keys stay', async () => {
  const member = await joinAs(http, owner, 'owner');
  const { key } = await makeKey(member, 'viewer');
  const { id: other } = (await member.ask('/api/v1/orgs', { body: { name: 'The other one' } })).body;
  const [session, byKey] = [await ofSession(member), await ofKey(key)];
  expectGoingOn({ ...session, ...byKey });
  const entered = await member.ask(`/api/v1/me/orgs/${other}/enter`, { body: {} });
  expect(entered).toMatchObject({ status: 200, body: { org_id: other } });
  expect(await ends(session)).toEqual({ wait: [409, 'CONFLICT'], events: 'hung up', panel: 4409 });
  expectGoingOn(byKey);

  // A tab that still shows the one before reads and changes nothing in the new one, by either door.
  const shown = { 'signalbox-org': DEFAULT_ORG_ID };
  const list = { headers: shown };
  const make = { body: { name: 'mixed up', stages: [{ name: 'a', type: 'echo' }] }, headers: shown };
  for (const answer of [
    await member.ask('/api/v1/runs', list),
    await member.ask('/api/v1/pipelines', make),
  ]) {
    expect(answer).toMatchObject({ status: 409, body: { code: 'OTHER_ORG' } });
  }
  const batch = await member.ask(
    '/api/trpc/runs.list,orgs.mine?batch=1&input=%7B%220%22%3A%7B%7D%2C%221%22%3A%7B%7D%7D',
    list,
  );
  expect(JSON.stringify(batch.body)).toContain('OTHER_ORG');
  // What is about the person is the same in each.
  expect(JSON.stringify(batch.body[1].result.data)).toContain(other);
  const { pipelines } = (await member.ask('/api/v1/pipelines')).body;
  expect(
    pipelines.map(({ name }: { name: string }) => name),
    'what it began with',
  ).toEqual(['six-stage-data-pipeline']);
  // The new tab is drawn for the new one, where the run of the other is not there.
  const there = { headers: { 'signalbox-org': other } };
  expect((await member.ask('/api/v1/runs', there)).body.runs).toEqual([]);
  expect((await member.ask(`/api/v1/runs/${run}/events?follow=1`, there)).status).toBe(404);
});

/** More than sockets hold. */
async function fillAudit(): Promise<void> {
  const org = toUuid(DEFAULT_ORG_ID);
  await http.program.database.sql`SELECT audit_append(${org}::text::uuid, json_agg(json_build_object(
    'actor', json_build_object('id', 'test'), 'action', 'test.filled', 'target', n::text, 'text', repeat('x', 8000))))
    FROM generate_series(1, 3000) AS n`;
}
