import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import type { VersionId } from '#server/domain/ids.ts';
import type { Subject, SubjectEnv } from '../subject.ts';
import type { Payload } from '../workload.ts';
import { CONCURRENCY } from './in-process.ts';
import { asJson, asPayload, chainGraph, fanGraph, handlersOf } from './stages.ts';

/** How long an engine that has just met its agents is given before it must see them. */
const MEETING_MS = 10_000;

/** The whole path that a distributed installation takes, in one process: outbox, broker, agents, reports, inbox. */
export async function createOverRabbitmq(env: SubjectEnv): Promise<Subject> {
  const parts = await import('./rabbitmq-parts.ts');
  let running: Awaited<ReturnType<typeof parts.startParts>>;
  const versions = new WeakMap<GraphInput, Promise<{ id: VersionId; graph: CompiledGraph }>>();

  async function run(document: GraphInput, input: Payload): Promise<Payload> {
    const known = versions.get(document) ?? running.store(document);
    versions.set(document, known);
    const { id, graph } = await known;
    const ended = await running.run({ versionId: id, graph, input: asJson(input) });
    return asPayload(ended);
  }

  return {
    async start() {
      running = await parts.startParts({
        env,
        handlers: handlersOf(env),
        concurrency: CONCURRENCY,
        meetingMs: MEETING_MS,
      });
    },
    runChains: (inputs, stages) => {
      const graph = chainGraph(stages);
      return Promise.all(inputs.map((input) => run(graph, input)));
    },
    fanOut: (input, width) => run(fanGraph(width), input),
    settle: () => running.settle(),
    stop: () => running.stop(),
  };
}
