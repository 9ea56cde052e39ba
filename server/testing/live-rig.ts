import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { AgentHandler } from '#server/agents/agent.ts';
import { DEFAULT_ORG_ID, type RunId, toUuid } from '#server/domain/ids.ts';
import { createAnnouncer } from '#server/realtime/announcer.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import type { HotState } from '#server/redis/port.ts';
import { createRedisHotState } from '#server/redis/redis.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { type LiveWeb, type LiveWebOptions, openLiveWeb } from './live-web.ts';
import { createScriptedEngine, type ScriptedEngine } from './scripted-engine.ts';

export interface LiveRigOptions extends Omit<Partial<LiveWebOptions>, 'databaseUrl' | 'hot' | 'onTrouble'> {
  handlers: Record<string, AgentHandler>;
  /** Processes with doors, each with its own connections; 1 when left out. */
  webs?: number;
  /** Over this Redis instead of in memory. */
  redisUrl?: string | undefined;
  /** Announcements that get lost on the way. */
  loses?(): boolean;
}

export interface LiveRig extends AsyncDisposable {
  engine: ScriptedEngine;
  database: TestDatabase;
  webs: LiveWeb[];
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
  const hots = new Set<HotState>();
  async function openHot(): Promise<HotState> {
    const hot = shared ?? createRedisHotState({ url: options.redisUrl ?? '' });
    if (!hots.has(hot)) await hot.start();
    hots.add(hot);
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
  const webs: LiveWeb[] = [];
  for (let at = 0; at < (options.webs ?? 1); at += 1) {
    const relay = { lookMs: 300, agentsMs: 200, ...options.relay };
    webs.push(
      await openLiveWeb({ ...options, databaseUrl: database.url, hot: await openHot(), relay, onTrouble }),
    );
  }

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
      for (const web of webs) await web[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      announcer.stop();
      for (const hot of hots) await hot.stop();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** A pipeline's row, so that runs can be of one. */
/** Its name is its own, also where a test is tried again. */
export async function addPipeline({ sql }: Pick<TestDatabase, 'sql'>, name: string): Promise<string> {
  const id = randomBytes(16).toString('hex');
  await sql`INSERT INTO pipelines (id, org_id, name)
    VALUES (${id}::text::uuid, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, ${`${name} ${id}`})`;
  return `pipe_${id}`;
}
