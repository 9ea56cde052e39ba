import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ask, createAsk } from './ask.ts';
import type { BareKind } from './bare-servers.ts';
import type { Place } from './callers.ts';
import type { FromProcess, GatewayOrder, Look, ToProcess } from './messages.ts';

/** A gateway with a bare server behind it, each in a process of its own. */
export interface McpWorld {
  /** The server as its own clients see it, and through the gateway. */
  placesOf(bare: BareKind, tools: number): Promise<{ direct: Place; gateway: Place }>;
  /** Disconnects the servers of those places: there is room for so many connections only. */
  removePlaces(): Promise<void>;
  /** Connects so many servers and calls each of them once. Answers with how many sessions are open then. */
  connectMany(count: number): Promise<number>;
  /** So many servers connected, called once and disconnected, one after the other in each of some lanes. */
  cycle(kind: 'http' | 'stdio', count: number): Promise<void>;
  /** How long calls of one server take, in ms: so many before another is killed, and as many right after. */
  callsAroundKill(calls: number): Promise<{ before: number[]; after: number[] }>;
  /** When what has ended has let go of all that it had, or after a while in which it has not: with a close look. */
  settled(): Promise<Looks>;
  /** A server with one tool, held to these limits. Answers with the name of the tool. */
  connectLimited(slug: string, callsPerMinute: number): Promise<string>;
  /** A run that goes on, whose files agents share. */
  startRun(): Promise<string>;
  makeKey(name: string): Promise<string>;
  /** The product's own address, and what its REST API answers its owner. */
  origin: string;
  ask: Ask;
  readMetrics(): Promise<string>;
  look(): Promise<Looks>;
  stop(): Promise<void>;
}

export interface Looks {
  upstream: Look;
  gateway: Look;
}

export interface WorldOptions extends GatewayOrder {
  processes: Set<ChildProcess>;
}

const AT_ONCE = 8;
const PAGE = 100;
const SETTLE_MS = 500;
const MAX_SETTLE_MS = 30_000;

export async function startMcpWorld({ processes, ...order }: WorldOptions): Promise<McpWorld> {
  const start = (file: string, args: string[]) => {
    const child = fork(join(import.meta.dirname, file), args, { stdio: ['ignore', 2, 2, 'ipc'] });
    processes.add(child);
    child.once('exit', () => processes.delete(child));
    return child;
  };
  const upstream = start('upstream-process.ts', []);
  const gateway = start('gateway-process.ts', [JSON.stringify(order)]);
  const [bare, ours] = await Promise.all([hear(upstream, 'ready'), hear(gateway, 'ready')]);
  const ask = createAsk(ours.origin, ours.secret);
  const call = (slug: string) => ask('/mcp/call', { tool: `${slug}__tool_0`, arguments: { question: slug } });
  let count = 0;
  const placed: string[] = [];
  const { key } = await ask('/keys', { name: 'bench', role: 'owner' });
  let runs = 0;

  async function look(order: ToProcess = 'look'): Promise<Looks> {
    const of = (child: ChildProcess): Promise<Look> => {
      const answer = hear(child, 'look');
      child.send(order);
      return answer;
    };
    const [one, other] = await Promise.all([of(upstream), of(gateway)]);
    return { upstream: one, gateway: other };
  }

  return {
    async placesOf(kind, tools) {
      const slug = `${kind}-${tools}`;
      const url = `${bare.origin}/${kind}/${tools}/mcp`;
      const connection_id = await connect(ask, { slug, url });
      placed.push(connection_id);
      // An endpoint with just these tools, under their own names: both ends list the same.
      const chosen = Array.from({ length: tools }, (_, at) => ({
        connection_id,
        tool: `tool_${at}`,
        name: `tool_${at}`,
      }));
      await ask('/mcp/servers', { slug, name: slug, tools: chosen });
      const headers = { authorization: `Bearer ${key}` };
      return {
        direct: { url, headers: {} },
        gateway: { url: `${ours.origin}/mcp/servers/${slug}`, headers },
      };
    },
    async removePlaces() {
      for (const id of placed.splice(0)) await ask(`/mcp/connections/${id}`, undefined, 'DELETE');
    },
    async connectMany(count) {
      const slugs = Array.from({ length: count }, (_, at) => `many-${at}`);
      const ids: string[] = [];
      for (let at = 0; at < count; at += AT_ONCE) {
        const some = slugs.slice(at, at + AT_ONCE);
        ids.push(
          ...(await Promise.all(
            some.map((slug) => connect(ask, { slug, url: `${bare.origin}/lean/1/${slug}` })),
          )),
        );
      }
      await Promise.all(slugs.map(call));
      const states = await Promise.all(ids.map((id) => ask(`/mcp/connections/${id}`)));
      return states.filter(({ session_open }) => session_open).length;
    },
    async connectLimited(slug, calls_per_minute) {
      await connect(ask, { slug, url: `${bare.origin}/lean/1/${slug}`, calls_per_minute });
      return `${slug}__tool_0`;
    },
    async startRun() {
      const wait = { name: 'wait', type: 'sleep', config: { ms: 3_600_000 } };
      const { id } = await ask('/pipelines', { name: `shared ${++runs}`, stages: [wait] });
      return (await ask(`/pipelines/${id}/execute`, {})).id;
    },
    makeKey: async (name) => (await ask('/keys', { name, role: 'owner' })).key,
    ...{ origin: ours.origin, ask },
    async readMetrics() {
      const headers = { authorization: `Bearer ${ours.secret}` };
      return (await fetch(`${ours.origin}/metrics`, { headers })).text();
    },
    async cycle(kind, cycles) {
      let left = cycles;
      const lane = async () => {
        while (left-- > 0) {
          const slug = `cycle-${++count}`;
          const what = kind === 'http' ? { url: `${bare.origin}/lean/1/${slug}` } : { program: 'bare' };
          const id = await connect(ask, { slug, ...what });
          await call(slug);
          await ask(`/mcp/connections/${id}`, undefined, 'DELETE');
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
    },
    async callsAroundKill(calls) {
      const dying = start('upstream-process.ts', []);
      const { origin } = await hear(dying, 'ready');
      const [slug, other] = [`cycle-${++count}`, `cycle-${++count}`];
      const ids = [
        await connect(ask, { slug, url: `${origin}/lean/1/dying` }),
        await connect(ask, { slug: other, url: `${bare.origin}/lean/1/other` }),
      ];
      const timed = async () => {
        const times: number[] = [];
        for (let at = 0; at < calls; at++) {
          const startedAt = performance.now();
          await call(other);
          times.push(performance.now() - startedAt);
        }
        return times;
      };
      await Promise.all([call(slug), call(other)]);
      const before = await timed();
      const gone = once(dying, 'exit');
      dying.kill('SIGKILL');
      await gone;
      const failing = Promise.allSettled(Array.from({ length: AT_ONCE }, () => call(slug)));
      const after = await timed();
      if ((await failing).some(({ status }) => status === 'fulfilled'))
        throw new Error('A dead server answered.');
      for (const id of ids) await ask(`/mcp/connections/${id}`, undefined, 'DELETE');
      return { before, after };
    },
    look: () => look(),
    async settled() {
      let last = await look();
      for (let waitedMs = 0; waitedMs < MAX_SETTLE_MS; waitedMs += SETTLE_MS) {
        await sleep(SETTLE_MS);
        const now = await look();
        const isStill = (['files', 'children', 'folders'] as const).every(
          (key) => now.gateway[key] === last.gateway[key],
        );
        if (isStill) break;
        last = now;
      }
      return look('look-closely');
    },
    async stop() {
      const ended = [upstream, gateway].map((child) => once(child, 'exit'));
      upstream.disconnect();
      gateway.send('stop');
      await Promise.all(ended);
    },
  };
}

type Wanted = { slug: string; calls_per_minute?: number } & ({ url: string } | { program: string });

/** Connects a server and approves all of its tools. */
async function connect(ask: Ask, { slug, ...more }: Wanted): Promise<string> {
  const limits = { calls_per_minute: 1_000_000, max_concurrent: 1000, ...more };
  const { connection_id, status } = await ask('/mcp/connect', { slug, ...limits });
  if (status !== 'connected') throw new Error(`${slug} is ${status}.`);
  const path = `/mcp/connections/${connection_id}/tools`;
  let cursor = '';
  do {
    const page = await ask(`${path}?limit=${PAGE}${cursor}`);
    const tools = page.tools.map(({ name, hash }: { name: string; hash: string }) => ({ name, hash }));
    await ask(`${path}/approve`, { tools });
    cursor = page.next_cursor ? `&cursor=${encodeURIComponent(page.next_cursor)}` : '';
  } while (cursor !== '');
  return connection_id;
}

type Message<Type> = Extract<FromProcess, { type: Type }>;

/** What it says next; rejects when it ends instead. */
async function hear<Type extends FromProcess['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Message<Type>> {
  const over = new AbortController();
  const { signal } = over;
  const gone = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`A process of the bench has ended by itself (${code}).`);
  });
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), gone]);
    if (message.type !== type) throw new Error(`A process of the bench said ${message.type}.`);
    return message;
  } finally {
    gone.catch(() => undefined);
    over.abort();
  }
}
