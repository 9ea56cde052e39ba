import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DEFAULT_ORG_ID, type PipelineId, toUuid } from '#server/domain/ids.ts';
import { LIVE_TOKEN, openLiveWeb } from '#server/testing/live-web.ts';
import type { Listeners, LiveSide, SubjectEnv } from '../subject.ts';
import type { Coordinator } from './coordinator.ts';

const PIPELINE = `pipe_${'0'.repeat(31)}1` as PipelineId;

export interface LiveSideOptions {
  env: SubjectEnv;
  coordinator(): Coordinator;
  startProbe(pipelineId: PipelineId): Promise<void>;
}

/** Doors and listeners beside an engine. */
export function createLiveSide({ env, coordinator, startProbe }: LiveSideOptions): LiveSide {
  async function openDoors(): Promise<{ origin: string; close(): Promise<void> }> {
    const { databaseUrl = '', redisUrl } = env;
    if (redisUrl !== undefined) {
      const child = forkHelper('live-doors.ts', { databaseUrl, redisUrl });
      const [origin] = await once(child, 'message');
      return { origin: String(origin), close: () => end(child) };
    }
    const hot = coordinator().ports.hotState;
    const web = await openLiveWeb({ databaseUrl, hot, onTrouble: console.error });
    return { origin: web.origin, close: async () => web[Symbol.asyncDispose]() };
  }

  async function listen(clients: number): Promise<Listeners> {
    await coordinator().ports.beatSql`INSERT INTO pipelines (id, org_id, name)
      VALUES (${toUuid(PIPELINE)}::text::uuid, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, 'listened to') ON CONFLICT DO NOTHING`;
    const doors = await openDoors();
    const order = { origin: doors.origin, token: LIVE_TOKEN, pipelineId: PIPELINE, clients };
    const child = forkHelper('live-clients.ts', order);
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

  return {
    announce: (isOn) => coordinator().announce(isOn),
    listen,
    probe: () => startProbe(PIPELINE),
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
