import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { AgentHandler } from '#server/agents/agent.ts';
import type { RunPlan } from '#server/coordinator/run-plan.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import { DEFAULT_ORG_ID, type PipelineId, toUuid } from '#server/domain/ids.ts';
import { createAnnouncer } from '#server/realtime/announcer.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { createRedisHotState } from '#server/redis/redis.ts';
import { LIVE_TOKEN, openLiveWeb } from '#server/testing/live-web.ts';
import type { ScriptedEngine } from '#server/testing/scripted-engine.ts';
import type { Listeners, LiveSide } from '../subject.ts';

const PIPELINE = `pipe_${'0'.repeat(31)}1` as PipelineId;

const PROBE: GraphInput = {
  stages: Array.from({ length: 5 }, (_, at) => ({ key: `p${at}`, type: 'probe' })),
  dependencies: Array.from({ length: 4 }, (_, at) => ({ from: `p${at}`, to: `p${at + 1}` })),
};

export interface LiveParts {
  handlers: Record<string, AgentHandler>;
  side: LiveSide;
  onProgress(plan: RunPlan): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface LivePartsOptions {
  databaseUrl: string;
  redisUrl: string | undefined;
  engine(): ScriptedEngine;
}

/** Announcements, doors and listeners around an engine that knows nothing of them. */
export function createLiveParts({ databaseUrl, redisUrl, engine }: LivePartsOptions): LiveParts {
  const onTrouble = (message: string, error: unknown) => console.error(message, error);
  const hot =
    redisUrl === undefined
      ? createMemoryHotState()
      : createRedisHotState({ url: redisUrl, onHandlerError: console.error });
  const announcer = createAnnouncer({ hot, now: Date.now });
  let isAnnouncing = true;

  async function openDoors(): Promise<{ origin: string; close(): Promise<void> }> {
    if (redisUrl === undefined) {
      const web = await openLiveWeb({ databaseUrl, hot, onTrouble });
      return { origin: web.origin, close: async () => web[Symbol.asyncDispose]() };
    }
    const child = forkHelper('live-doors.ts', { databaseUrl, redisUrl });
    const [origin] = await once(child, 'message');
    return { origin: String(origin), close: () => end(child) };
  }

  async function listen(clients: number): Promise<Listeners> {
    await addPipeline();
    const doors = await openDoors();
    const child = forkHelper('live-clients.ts', {
      origin: doors.origin,
      token: LIVE_TOKEN,
      pipelineId: PIPELINE,
      clients,
    });
    await once(child, 'message');
    return {
      async takeDelays() {
        child.send('take');
        const [delays] = await once(child, 'message');
        return delays as number[];
      },
      async stop() {
        await end(child);
        await doors.close();
      },
    };
  }

  async function addPipeline(): Promise<void> {
    await engine().sql`INSERT INTO pipelines (id, org_id, name)
      VALUES (${toUuid(PIPELINE)}::text::uuid, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, 'listened to') ON CONFLICT DO NOTHING`;
  }

  return {
    handlers: { probe: async () => null },
    side: {
      announce(isOn) {
        isAnnouncing = isOn;
      },
      listen,
      async probe() {
        await engine().ended(await engine().start(PROBE, null, { pipelineId: PIPELINE }));
      },
    },
    onProgress({ decision }) {
      if (isAnnouncing && decision.events.length > 0) announcer.moved(decision.state);
    },
    start: () => hot.start(),
    async stop() {
      announcer.stop();
      await hot.stop();
    },
  };
}

/** Ends with this process, whatever becomes of it: its channel closes. */
function forkHelper(file: string, order: object): ChildProcess {
  return fork(join(import.meta.dirname, file), [JSON.stringify(order)], { stdio: 'inherit' });
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}
