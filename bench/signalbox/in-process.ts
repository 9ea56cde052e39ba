import type { GraphInput } from '#server/domain/graph/schema.ts';
import type { Subject, SubjectEnv } from '../subject.ts';
import type { Payload } from '../workload.ts';
import { asJson, asPayload, chainGraph, fanGraph, handlersOf } from './stages.ts';

/** More than a run has stages of its own: the width of the fan-out and the batches of the engine. */
export const CONCURRENCY = 1000;

/** Engine and agents in one process, called directly. With Redis the doors for live events are in another. */
export async function createInProcess(env: SubjectEnv, finishedRuns = 0): Promise<Subject> {
  const { migrate } = await import('#db/migrate.ts');
  const { createScriptedEngine } = await import('#server/testing/scripted-engine.ts');
  const { createLiveParts } = await import('./live-parts.ts');
  const url = env.databaseUrl ?? '';
  let scripted: Awaited<ReturnType<typeof createScriptedEngine>>;
  const live = createLiveParts({ databaseUrl: url, redisUrl: env.redisUrl, engine: () => scripted });

  async function run(graph: GraphInput, input: Payload): Promise<Payload> {
    const state = await scripted.ended(await scripted.start(graph, asJson(input)));
    if (state.error) throw new Error(`the run failed: ${state.error.message}`);
    return asPayload(state.tasks.at(-1)?.output ?? null);
  }

  return {
    async start() {
      await migrate(url);
      if (finishedRuns > 0) await (await import('./finished-runs.ts')).addFinishedRuns(url, finishedRuns);
      await live.start();
      scripted = await createScriptedEngine({
        url,
        handlers: { ...handlersOf(env), ...live.handlers },
        onProgress: live.onProgress,
        maxConcurrency: CONCURRENCY,
        sweepMs: 500,
      });
    },
    runChains: (inputs, stages) => {
      const graph = chainGraph(stages);
      return Promise.all(inputs.map((input) => run(graph, input)));
    },
    fanOut: (input, width) => run(fanGraph(width), input),
    live: live.side,
    async settle() {
      await scripted.sql`VACUUM ANALYZE`;
    },
    async stop() {
      await scripted[Symbol.asyncDispose]();
      await live.stop();
    },
  };
}
