import type { AgentHandler } from '#server/agents/agent.ts';
import type { Assignment } from '#server/domain/hands.ts';
import type { Json } from '#server/domain/json.ts';
import type { Subject, SubjectDefinition, SubjectEnv } from '../subject.ts';
import type { Payload } from '../workload.ts';

/** More than a run has stages of its own: the width of the fan-out and the batches of the engine. */
const CONCURRENCY = 1000;

const asPayload = (value: Json): Payload => value as unknown as Payload;
const asJson = (value: Payload): Json => value as unknown as Json;

/** The stage bodies behind the engine's capabilities; a fan-out's item carries its number in the stage's config. */
function handlersOf({ work }: SubjectEnv): Record<string, AgentHandler> {
  return {
    step: async ({ input }) => asJson(work.perform(asPayload(input))),
    item: async ({ input, config }: Assignment) =>
      asJson(work.performItem(asPayload(input), Number(config.item))),
    join: async ({ input }) => asJson(work.performJoin(Object.values(input as object) as Payload[])),
  };
}

function chainGraph(stages: number) {
  return {
    stages: Array.from({ length: stages }, (_, at) => ({ key: `s${at}`, type: 'step' })),
    dependencies: Array.from({ length: stages - 1 }, (_, at) => ({ from: `s${at}`, to: `s${at + 1}` })),
  };
}

function fanGraph(width: number) {
  const items = Array.from({ length: width }, (_, at) => ({
    key: `m${at}`,
    type: 'item',
    config: { item: at },
  }));
  return {
    stages: [{ key: 'first', type: 'step' }, ...items, { key: 'last', type: 'join' }],
    dependencies: items.flatMap(({ key }) => [
      { from: 'first', to: key },
      { from: key, to: 'last' },
    ]),
  };
}

/** Runs that are over, as the engine leaves them: five stages each, with outputs, attempts and events. */
const FINISHED_RUNS = 1_000_000;

async function createInProcess(env: SubjectEnv, finishedRuns = 0): Promise<Subject> {
  const { migrate } = await import('#db/migrate.ts');
  const { createScriptedEngine } = await import('#server/testing/scripted-engine.ts');
  const url = env.databaseUrl ?? '';
  let scripted: Awaited<ReturnType<typeof createScriptedEngine>>;

  async function run(graph: ReturnType<typeof chainGraph>, input: Payload): Promise<Payload> {
    const state = await scripted.ended(await scripted.start(graph, asJson(input)));
    if (state.error) throw new Error(`the run failed: ${state.error.message}`);
    return asPayload(state.tasks.at(-1)?.output ?? null);
  }

  return {
    async start() {
      await migrate(url);
      if (finishedRuns > 0) await (await import('./finished-runs.ts')).addFinishedRuns(url, finishedRuns);
      scripted = await createScriptedEngine({
        url,
        handlers: handlersOf(env),
        maxConcurrency: CONCURRENCY,
        sweepMs: 500,
      });
    },
    runChains: (inputs, stages) => {
      const graph = chainGraph(stages);
      return Promise.all(inputs.map((input) => run(graph, input)));
    },
    fanOut: (input, width) => run(fanGraph(width), input),
    async settle() {
      await scripted.sql`VACUUM ANALYZE`;
    },
    async stop() {
      await scripted[Symbol.asyncDispose]();
    },
  };
}

export const subjects: readonly SubjectDefinition[] = [
  {
    name: 'signalbox',
    setting: `in process, one coordinator, 2 lanes of up to 500, ${CONCURRENCY} tasks at once; every section switched on`,
    durability: 'PostgreSQL commit (fsync) for each batch of transitions; every state, output and event kept',
    services: [{ kind: 'postgres' }],
    packages: ['postgres'],
    create: (env) => createInProcess(env),
  },
  {
    name: 'signalbox-million',
    setting: `as signalbox, with ${FINISHED_RUNS} finished runs in the database`,
    durability: 'as signalbox',
    services: [{ kind: 'postgres' }],
    packages: ['postgres'],
    onlyOnRequest: true,
    create: (env) => createInProcess(env, FINISHED_RUNS),
  },
];
