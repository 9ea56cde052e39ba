import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ROLES, SCOPES } from '#server/identity/permissions.ts';
import { LIVE_ACCESS, LIVE_EVENTS } from '#server/testing/access-table.ts';
import { type AccessWorld, createAccessWorld } from '#server/testing/access-world.ts';
import { attachTestSockets } from '#server/testing/attach-sockets.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import type { Browser } from '#server/testing/people.ts';
import { connectWs, untilTold } from '#server/testing/ws-client.ts';
import type { Sockets } from './sockets.ts';

/** The doors for live events, asked as everybody whom the table of access names. */
let http: TestServer;
let sockets: Sockets;
let access: AccessWorld;
/** By its kind: of ours, and of nobody. */
let targets: Record<keyof typeof LIVE_ACCESS, { ours: object; missing?: object }>;

beforeAll(async () => {
  http = await startTestServer();
  const { services } = http.program;
  sockets = attachTestSockets(http, { services });
  access = await createAccessWorld(http);
  const stages = [{ name: 'only', type: 'sleep', config: { ms: 3_600_000 } }];
  const pipeline_id = (await http.call('/api/v1/pipelines', { name: 'long', stages })).body.id;
  const run_id = (await http.call(`/api/v1/pipelines/${pipeline_id}/execute`, {})).body.id;
  const agent = { name: 'ours', capabilities: ['x'] };
  const agent_id = (await http.call('/api/v1/agents/register', agent)).body.id;
  const nothing = '0190000000007000800000000000000f';
  targets = {
    run_id: { ours: { run_id }, missing: { run_id: `run_${nothing}` } },
    pipeline_id: { ours: { pipeline_id }, missing: { pipeline_id: `pipe_${nothing}` } },
    agent_id: { ours: { agent_id }, missing: { agent_id: `agent_${nothing}` } },
    agents: { ours: { agents: true } },
    everything: { ours: { everything: true } },
  };
});
afterAll(async () => {
  await sockets?.stop();
  await http?.[Symbol.asyncDispose]();
});

type Said = 'ok' | string;
type Shown = { token: string } | Pick<Browser, 'cookie'>;

/** What the server says to each, in their order; a number where it does not let them in. */
type Listen = (shown: Shown, each: readonly object[]) => Promise<Said[] | number>;

const overPanel: Listen = async (shown, each) => {
  const socket: Socket = io(http.origin, {
    ...{ transports: ['websocket'], reconnection: false, forceNew: true },
    ...('token' in shown
      ? { auth: { token: shown.token } }
      : { extraHeaders: { origin: http.origin, cookie: shown.cookie } }),
  });
  onTestFinished(() => {
    socket.disconnect();
  });
  const refusal = await new Promise<{ data?: { code: number } } | null>((resolve) => {
    socket.once('connect', () => resolve(null));
    socket.once('connect_error', (error) => resolve(error as { data?: { code: number } }));
  });
  if (refusal) return refusal.data?.code ?? 0;
  const said: Said[] = [];
  for (const target of each) {
    const answer = await socket.emitWithAck('subscribe', [target]);
    said.push(answer.ok ? 'ok' : answer.code);
  }
  socket.disconnect();
  return said;
};

const overWs: Listen = async (shown, each) => {
  const token = 'token' in shown ? shown.token : '';
  const client = await connectWs({ origin: http.origin, token, targets: [] });
  onTestFinished(() => client.socket.terminate());
  const ready = untilTold(client, { type: 'ready' }).then(() => null);
  ready.catch(() => undefined);
  const refusal = await Promise.race([ready, client.closed]);
  if (refusal) return refusal.code;
  const said: Said[] = [];
  for (const [at, target] of each.entries()) {
    const id = String(at);
    client.send({ type: 'subscribe', id, targets: [target] });
    const answer = await Promise.race([
      untilTold(client, { type: 'subscribed', id }),
      untilTold(client, { type: 'error', id }),
    ]);
    said.push(answer.type === 'subscribed' ? 'ok' : String((answer.details as { code: string }).code));
  }
  await client.cut();
  return said;
};

const DOORS: [string, Listen][] = [
  ['Socket.IO', overPanel],
  ['/ws', overWs],
];

test('a client asks by the events of the table, and by no other', async () => {
  const socket: Socket = io(http.origin, {
    ...{ transports: ['websocket'], reconnection: false, auth: { token: (await access.makeKey({})).key } },
  });
  onTestFinished(() => {
    socket.disconnect();
  });
  for (const event of Object.keys(LIVE_EVENTS))
    expect(await socket.emitWithAck(event, [targets.agents.ours])).toEqual({ ok: true });
});

describe.each(DOORS)('%s', (door, listen) => {
  const rows = Object.entries(LIVE_ACCESS);
  const ours = () => rows.map(([kind]) => targets[kind as keyof typeof targets].ours);

  test('lets in whom the table names, by role', async () => {
    for (const [at, role] of ROLES.entries()) {
      const key = { token: (await access.makeKey({ role })).key };
      const person = access.people.get(role);
      const all = door === '/ws' || !person ? [key] : [key, person];
      for (const shown of all) {
        const said = await listen(shown, ours());
        const expected = rows.map(([, row]) => (row.roles.charAt(at) === 'y' ? 'ok' : 'FORBIDDEN'));
        expect([role, said]).toEqual([role, expected]);
      }
    }
  });

  test.each(rows)('lets keys listen to %s by their scopes alone', async (kind, row) => {
    const target = [targets[kind as keyof typeof targets].ours];
    const needed = row.scopes ?? [];
    const others = SCOPES.filter((scope) => !needed.includes(scope));
    expect(await listen({ token: (await access.makeKey({ scopes: needed })).key }, target)).toEqual(['ok']);
    expect(await listen({ token: (await access.makeKey({ scopes: others })).key }, target)).toEqual([
      'FORBIDDEN',
    ]);
  });

  test('lets in nobody, no ended session, no revoked key, and lets an agent’s token hear nothing', async () => {
    expect(await listen({ token: 'nothing' }, ours())).toBe(4401);
    expect(await listen({ token: access.revoked }, ours())).toBe(4401);
    if (door !== '/ws') expect(await listen(access.expired, ours())).toBe(4401);
    const agent = rows.map(([, row]) => (row.agent ? 'ok' : 'FORBIDDEN'));
    expect(await listen({ token: access.agentToken }, ours())).toEqual(agent);
  });

  test('answers another organisation as if nothing of ours were there', async () => {
    const all = Object.values(targets).flatMap(({ ours: theirs, missing }) =>
      missing ? [theirs, missing] : [],
    );
    expect(all).toHaveLength(6);
    const shown: Shown[] = [{ token: access.strangerKey }];
    if (door !== '/ws') shown.push(access.stranger, access.twin);
    for (const who of shown) expect(await listen(who, all)).toEqual(all.map(() => 'NOT_FOUND'));
  });
});
