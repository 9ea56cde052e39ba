import { execFile } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { comes, until } from '#server/testing/faults/until.ts';
import {
  KILLABLE_PROGRAM,
  type KillableKind,
  startKillableUpstream,
} from '#server/testing/mcp/killable-upstream.ts';
import { type McpRig, newClient, oldClient, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream, text, tool } from '#server/testing/mcp-upstream.ts';

const question = { question: 'Why?' };

let rig: McpRig;
/** The caller's own, made as people make one. */
let key: string;
beforeAll(async () => {
  rig = await startMcpRig({ SIGNALBOX_MCP_PROGRAMS: KILLABLE_PROGRAM });
  const scopes = ['mcp:call', 'mcp:read'];
  key = (await rig.http.call('/api/v1/keys', { name: 'a caller', role: 'operator', scopes })).body.key;
});
afterAll(() => rig[Symbol.asyncDispose]());

interface Victim extends AsyncDisposable {
  connect: object;
  kill(): Promise<unknown>;
  /** Whoever runs it starts it again; programs nobody has to. */
  startAgain(): Promise<AsyncDisposable | undefined>;
}

async function asProgram(): Promise<Victim> {
  return {
    connect: { program: 'killable' },
    async kill() {
      const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,args=']);
      const pids = stdout.split('\n').flatMap((line) => {
        const [, pid, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
        return Number(parent) === process.pid && command.includes('killable-program') ? [Number(pid)] : [];
      });
      expect(pids).toHaveLength(1);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
    },
    startAgain: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const overHttp = (kind: KillableKind) => async (): Promise<Victim> => {
  const there = await startKillableUpstream(0, kind);
  return {
    ...{ connect: { url: there.url }, kill: there.kill },
    startAgain: () => startKillableUpstream(there.port, kind),
    [Symbol.asyncDispose]: there.kill,
  };
};

const FAULTS = 5;

/** What of both kinds of client is alike here. */
interface AnyClient {
  callTool(call: { name: string; arguments: object }, ...more: unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

/** Five callers, of both generations, whose calls are at work; and what becomes of these. */
async function callAtOnce(name: string) {
  const clients: AnyClient[] = [];
  for (let number = 0; number < FAULTS; number += 1) {
    const connect = number % 2 === 0 ? newClient : oldClient;
    clients.push((await connect(rig.http, '/mcp/gateway', key)) as unknown as AnyClient);
  }
  const works = clients.map(() => Promise.withResolvers<void>());
  const calls = clients.map((client, at) => {
    const options = { onprogress: () => works[at]?.resolve(), timeout: 1_200_000 };
    const call = { name, arguments: {} };
    return at % 2 === 0 ? client.callTool(call, options) : client.callTool(call, undefined, options);
  });
  await comes('all are at work', Promise.all(works.map(({ promise }) => promise)));
  return { calls, close: () => Promise.all(clients.map((client) => client.close())) };
}

test.each([
  ['program', 'stdio', asProgram],
  ['server of the new generation over HTTP', 'new', overHttp('2026')],
  ['server of the old generation over HTTP', 'old', overHttp('2025')],
  ['server of the old generation whose streams can be taken up again', 'marks', overHttp('marks')],
] as const)('a %s that is killed in the middle of calls', async (_, name, start) => {
  await using victim = await start();
  await using beside = await startUpstream([echoTool('ask')]);
  const slug = `killed-${name}`;
  // A call that is not answered before its time would not be answered in that of the test.
  const id = await rig.join({ slug, ...victim.connect, timeout_ms: 3_600_000 });
  const other = `beside-${name}`;
  await rig.join({ slug: other, url: beside.url });
  expect((await rig.call(`${slug}__ask`, question)).status).toBe(200);
  const breaker = async () => (await rig.ask(`/connections/${id}`)).breaker.state;

  const { calls, close } = await callAtOnce(`${slug}__hang`);
  await victim.kill();
  // Whoever called is told what happened and what to do.
  for (const answer of await Promise.all(calls)) {
    expect(answer).toMatchObject({
      isError: true,
      content: [
        { text: expect.stringMatching(/ended the connection before it had answered.*look whether/s) },
      ],
    });
  }
  await close();
  expect((await rig.call(`${other}__ask`, question)).status).toBe(200);
  expect(await breaker()).not.toBe('closed');

  await using _again = await victim.startAgain();
  // With nobody asking for it.
  await until('it is back', async () => (await breaker()) === 'closed', 180_000);
  expect((await rig.call(`${slug}__ask`, question)).status).toBe(200);

  const problem = expect.stringContaining('ended the connection');
  const logged = await until('all is logged', async () => {
    const { calls: entries } = await rig.ask(`/log?connection_id=${id}`);
    return entries.length >= FAULTS + 2 && entries;
  });
  const mine = logged.filter(({ tool }: { tool: string }) => tool === 'hang');
  expect(mine).toEqual(Array(FAULTS).fill(expect.objectContaining({ outcome: 'fault', problem })));
  const { tools } = await rig.ask('/usage/stats');
  expect(tools).toContainEqual(
    expect.objectContaining({ connection: slug, tool: 'hang', calls: FAULTS, faults: FAULTS }),
  );
  await rig.ask(`/connections/${id}`, undefined, 'DELETE');
});

test('a server that is dying keeps no call to another waiting', async () => {
  await using dying = await startKillableUpstream();
  await using beside = await startUpstream([echoTool('ask')]);
  // Whoever waited for its time to be over would wait longer than this test.
  const id = await rig.join({ slug: 'dying', url: dying.url, timeout_ms: 3_600_000 });
  await rig.join({ slug: 'beside-dying', url: beside.url });
  expect((await rig.call('dying__ask', question)).status).toBe(200);
  const order: string[] = [];
  const ask = async (slug: string) => {
    const { status } = await rig.call(`${slug}__ask`, question);
    order.push(`${slug} ${status}`);
  };
  dying.freeze();
  const waiting = [ask('dying'), ask('dying')];
  const inFlight = async () => (await rig.ask(`/connections/${id}`)).in_flight;
  await until('both calls are under way', async () => (await inFlight()) === 2);
  for (let count = 0; count < 3; count += 1) await ask('beside-dying');
  const others = Array(3).fill('beside-dying 200');
  // Only then does the first die, and so tell those who wait for it.
  expect(order).toEqual(others);
  expect(await inFlight()).toBe(2);
  await dying.kill();
  await Promise.all(waiting);
  expect(order).toEqual([...others, 'dying 503', 'dying 503']);
  await rig.ask(`/connections/${id}`, undefined, 'DELETE');
});

test('a server of the old generation that was started again is found to be well at the first look', async () => {
  await using there = await startKillableUpstream(0, '2025');
  const id = await rig.join({ slug: 'again', url: there.url });
  expect((await rig.call('again__ask', question)).status).toBe(200);
  await there.kill();
  await using _again = await startKillableUpstream(there.port, '2025');
  expect(await rig.ask(`/connections/${id}/test`, {})).toMatchObject({ status: 'connected', problem: null });
});

/** The line breaks when the answer has begun. */
function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': it comes\n\n');
  setImmediate(() => response.destroy());
}

test.each([
  ['is made again if its tool says that it may be', { readOnlyHint: true }, 200, 2],
  ['is made once if its tool does not say so', {}, 503, 1],
])('a call whose line breaks %s', async (_, annotations, status, sent) => {
  await using upstream = await startUpstream([{ ...echoTool('ask'), annotations }]);
  const id = await rig.join({ slug: `breaks-${sent}`, url: upstream.url });
  const calls = () => upstream.requests.filter(({ body }) => body.method === 'tools/call');
  upstream.breakWith((response) => {
    // The list is asked for as well.
    if (calls().length === 0) return response.writeHead(500).end();
    upstream.breakWith(null);
    return breakOff(response);
  });
  expect((await rig.call(`breaks-${sent}__ask`, question)).status).toBe(status);
  expect(calls()).toHaveLength(sent);
  await rig.ask(`/connections/${id}`, undefined, 'DELETE');
});

test('a call whose line breaks leaves those alone that are under way beside it', async () => {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>();
  const inside = Promise.withResolvers<void>();
  const wait = async () => {
    inside.resolve();
    await told;
    return text('done');
  };
  await using upstream = await startUpstream([tool('wait', wait), echoTool('ask')]);
  await rig.join({ slug: 'breaks-one', url: upstream.url });
  const waiting = rig.call('breaks-one__wait');
  await comes('it waits', inside.promise);
  upstream.breakWith(breakOff);
  expect((await rig.call('breaks-one__ask', question)).status).toBe(503);
  upstream.breakWith(null);
  tell();
  expect(await waiting).toMatchObject({ status: 200, body: { is_error: false } });
});
