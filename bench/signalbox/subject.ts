import { connectDatabase } from '#db/client.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import type { PipelineId, RunId, VersionId } from '#server/domain/ids.ts';
import { makeId } from '#server/domain/ids.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import type { ServiceUrls, Subject, SubjectEnv } from '../subject.ts';
import type { Payload } from '../workload.ts';
import type { Coordinator, RunEnd, RunOrder } from './coordinator.ts';
import { startCoordinator } from './coordinator.ts';
import { createLiveSide } from './live-side.ts';
import type { Second } from './second.ts';
import { spawnSecond } from './second.ts';
import { asJson, asPayload, chainGraph, fanGraph, handlerOf, probeGraph } from './stages.ts';
import { storeVersion } from './versions.ts';

/** The engine with one coordinator, or two that share all runs. The harness's calls come to the first one's process. */
export function createSubject(env: SubjectEnv, { coordinators }: { coordinators: 1 | 2 }): Subject {
  const newUuid = createUuidSource(Date.now);
  const waiters = createWaiters();
  const versions = new Map<string, Promise<VersionId>>();
  const second =
    coordinators === 2 ? spawnSecond({ onEnded: waiters.settle, onFailed: waiters.failAll }) : undefined;
  let first: Coordinator;

  function versionOf(key: string, makeGraph: () => GraphInput): Promise<VersionId> {
    const known = versions.get(key) ?? storeVersion(first.ports.beatSql, newUuid, makeGraph());
    versions.set(key, known);
    return known;
  }

  /** Every other run goes through the second coordinator; whoever commits a run's end tells it. */
  function startAll(versionId: VersionId, inputs: readonly Payload[]): Promise<Payload[]> {
    const orders = inputs.map((input) => ({
      runId: makeId('run', newUuid()),
      versionId,
      input: asJson(input),
    }));
    const outputs = orders.map(({ runId }) => waiters.waitFor(runId));
    const [ours, theirs] = deal(orders, second);
    if (theirs.length > 0) second?.startRuns(theirs);
    for (const order of ours) first.startRun(order).catch(waiters.failAll);
    return Promise.all(outputs);
  }

  async function startProbe(pipelineId: PipelineId): Promise<void> {
    const versionId = await versionOf('probe', probeGraph);
    const runId = makeId('run', newUuid());
    const ended = waiters.waitFor(runId);
    await first.startRun({ runId, versionId, pipelineId, input: null });
    await ended;
  }

  return {
    ...(second ? {} : { live: createLiveSide({ env, coordinator: () => first, startProbe }) }),
    async start() {
      const urls = toUrls(env, 'first');
      const booting = [
        startCoordinator({ urls, handle: handlerOf(env.work), onEnded: waiters.settle }),
        second?.boot(toUrls(env, 'second')),
      ] as const;
      [first] = await Promise.all(booting);
    },
    async runChains(inputs, stages) {
      return startAll(await versionOf(`chain ${stages}`, () => chainGraph(stages)), inputs);
    },
    async fanOut(input, width) {
      const [output] = await startAll(await versionOf(`fan ${width}`, () => fanGraph(width)), [input]);
      if (!output) throw new Error('The fan-out came back without an output.');
      return output;
    },
    async gather() {
      if (second) env.work.addCounts(await second.ask('counts'));
    },
    readQueueAgeMs: () => first.queueAgeMs(),
    readOtherMemory: async () => second?.ask('memory') ?? { rssMib: 0, heapMib: 0 },
    async settle() {
      await first.ports.beatSql`VACUUM ANALYZE`;
    },
    async stop() {
      await second?.stop();
      await first.stop();
    },
  };
}

/** On a database that is full, with another one beside it on the same server that is empty. */
export function createFullSubject(env: SubjectEnv): Subject {
  return {
    ...createSubject(env, { coordinators: 1 }),
    async startBeside() {
      const databaseUrl = await createDatabase(env.databaseUrl ?? '', 'beside');
      const beside = { ...env, databaseUrl, dataDir: `${env.dataDir}/beside` };
      const subject = createSubject(beside, { coordinators: 1 });
      await subject.start();
      return subject;
    },
  };
}

async function createDatabase(server: string, name: string): Promise<string> {
  const sql = connectDatabase({ url: server, applicationName: 'bench', max: 1 });
  await sql.unsafe(`CREATE DATABASE ${name}`);
  await sql.end({ timeout: 5 });
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

function toUrls({ databaseUrl, redisUrl, amqpUrl, dataDir }: ServiceUrls, name: string): ServiceUrls {
  return {
    ...(databaseUrl !== undefined && { databaseUrl }),
    ...(redisUrl !== undefined && { redisUrl }),
    ...(amqpUrl !== undefined && { amqpUrl }),
    dataDir: `${dataDir}/${name}`,
  };
}

/** A single run stays here, so that no message between the two processes counts into its time. */
function deal(orders: RunOrder[], second: Second | undefined): [ours: RunOrder[], theirs: RunOrder[]] {
  if (!second) return [orders, []];
  return [orders.filter((_, at) => at % 2 === 0), orders.filter((_, at) => at % 2 === 1)];
}

/** Matches runs that have ended, in whichever process, with those who wait for them. */
function createWaiters() {
  const waiting = new Map<RunId, { resolve(output: Payload): void; reject(error: Error): void }>();
  return {
    waitFor(runId: RunId): Promise<Payload> {
      return new Promise((resolve, reject) => waiting.set(runId, { resolve, reject }));
    },
    settle({ runId, output, error }: RunEnd): void {
      const waiter = waiting.get(runId);
      waiting.delete(runId);
      if (error === null) waiter?.resolve(asPayload(output));
      else waiter?.reject(new Error(`${runId} failed: ${error}`));
    },
    failAll(error: Error): void {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}
