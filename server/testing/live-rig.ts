import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect } from 'vitest';
import { connectDatabase } from '#db/client.ts';
import { openDoorDatabase } from '#db/tenant.ts';
import type { AgentHandler } from '#server/agents/agent.ts';
import type { OnSessionsChanged } from '#server/api/sockets/admission.ts';
import { attachSockets, type Sockets } from '#server/api/sockets/sockets.ts';
import { DEFAULT_ORG_ID, type RunId, toUuid } from '#server/domain/ids.ts';
import { LOCAL_OWNER } from '#server/identity/actor.ts';
import type { AuthenticateSocket } from '#server/identity/socket-sign-in.ts';
import { createAnnouncer } from '#server/realtime/announcer.ts';
import { createRelay, type Relay, type RelayOptions } from '#server/realtime/relay.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import type { HotState } from '#server/redis/port.ts';
import { createRedisHotState } from '#server/redis/redis.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createScriptedEngine, type ScriptedEngine } from './scripted-engine.ts';

export const LIVE_TOKEN = 'a-token-of-this-test';

export interface LiveRigOptions {
  handlers: Record<string, AgentHandler>;
  /** Processes with doors, each with its own connections; 1 when left out. */
  webs?: number;
  /** Over this Redis instead of in memory. */
  redisUrl?: string | undefined;
  relay?: Partial<RelayOptions>;
  limits?: { max: number; perActor: number };
  authenticate?: AuthenticateSocket;
  onSessionsChanged?: OnSessionsChanged;
  /** Announcements that get lost on the way. */
  loses?(): boolean;
  authMs?: number;
}

export interface Web {
  origin: string;
  relay: Relay;
  server: Server;
  sockets: Sockets;
  /** Connections of the HTTP server, as it sees them. */
  wires: Set<Socket>;
}

export interface LiveRig extends AsyncDisposable {
  engine: ScriptedEngine;
  database: TestDatabase;
  webs: Web[];
  troubles: string[];
  /** The number of the run's last event, from the database. */
  lastSeq(runId: RunId): Promise<number>;
  expectSound(): Promise<void>;
}

/** An engine, and doors for live events that share nothing with it but database and hot state. */
export async function createLiveRig(options: LiveRigOptions): Promise<LiveRig> {
  const database = await createTestDatabase();
  const troubles: string[] = [];
  const onTrouble = (message: string, error: unknown) => troubles.push(`${message} ${String(error)}`);
  const shared = options.redisUrl === undefined ? createMemoryHotState() : undefined;
  const hots: HotState[] = [];
  async function openHot(): Promise<HotState> {
    const hot = shared ?? createRedisHotState({ url: options.redisUrl ?? '' });
    if (!hots.includes(hot)) await hot.start();
    hots.push(hot);
    return hot;
  }

  const engineHot = await openHot();
  const announcer = createAnnouncer({
    hot: {
      publish: (channel, message) =>
        options.loses?.() ? Promise.resolve(false) : engineHot.publish(channel, message),
    },
    now: Date.now,
  });
  const engine = await createScriptedEngine({
    url: database.url,
    handlers: options.handlers,
    onProgress: ({ decision }) => {
      if (decision.events.length > 0) announcer.moved(decision.state);
    },
  });
  const webs: Web[] = [];
  const pools: ReturnType<typeof connectDatabase>[] = [];

  async function openWeb(): Promise<Web> {
    const hot = await openHot();
    const pool = connectDatabase({ url: database.url, applicationName: 'test-doors', max: 4 });
    pools.push(pool);
    const relay = createRelay({
      services: { db: openDoorDatabase(pool), presence: { list: () => hot.listPresent('agent') } },
      ...{ hot, now: Date.now, lookMs: 300, agentsMs: 200, onTrouble },
      ...options.relay,
    });
    const server = createServer((_, response) => response.writeHead(404).end());
    const wires: Web['wires'] = new Set();
    server.on('connection', (wire) => {
      wires.add(wire);
      wire.once('close', () => wires.delete(wire));
    });
    const sockets = attachSockets({
      ...{ server, now: Date.now, onTrouble },
      authenticate: options.authenticate ?? (async ({ token }) => (token === LIVE_TOKEN ? owner : null)),
      limits: options.limits ?? { max: 5000, perActor: 5000 },
      feed: () => relay,
      isShared: false,
      ...(options.onSessionsChanged ? { onSessionsChanged: options.onSessionsChanged } : {}),
      ...(options.authMs === undefined ? {} : { authMs: options.authMs }),
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { origin: `http://127.0.0.1:${port}`, relay, server, sockets, wires };
  }
  for (let at = 0; at < (options.webs ?? 1); at += 1) webs.push(await openWeb());

  return {
    ...{ engine, database, webs, troubles },
    async lastSeq(runId) {
      const [row] = await database.sql<{ seq: number }[]>`
        SELECT seq FROM runs WHERE id = ${toUuid(runId)}::text::uuid`;
      return row?.seq ?? 0;
    },
    async expectSound() {
      expect((await engine.audit()).findings).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      for (const { sockets, server, relay } of webs) {
        await sockets.stop();
        await relay.stop();
        server.closeAllConnections();
        server.close();
      }
      await engine[Symbol.asyncDispose]();
      announcer.stop();
      for (const hot of new Set(hots)) await hot.stop();
      for (const pool of pools) await pool.end({ timeout: 2 });
      await database[Symbol.asyncDispose]();
    },
  };
}

const owner = { actor: LOCAL_OWNER, expiresAt: null };

/** A pipeline's row, so that runs can be of one. */
export async function addPipeline(database: TestDatabase, name: string): Promise<string> {
  const id = randomBytes(16).toString('hex');
  await database.sql`INSERT INTO pipelines (id, org_id, name)
    VALUES (${id}::text::uuid, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, ${name})`;
  return `pipe_${id}`;
}
