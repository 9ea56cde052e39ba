import type { AgentHandler } from '#server/agents/agent.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import type { Assignment } from '#server/domain/hands.ts';
import type { Json } from '#server/domain/json.ts';
import type { Payload, Workload } from '../workload.ts';

export const asPayload = (value: Json): Payload => value as unknown as Payload;
export const asJson = (value: Payload): Json => value as unknown as Json;

/** The stage bodies behind the engine's capabilities. */
export const CAPABILITIES = ['step', 'item', 'join', 'probe'] as const;

/** A fan-out's item carries its number in the stage's config. */
export function handlerOf(work: Workload): AgentHandler {
  const bodies: Record<string, AgentHandler> = {
    step: async ({ input }) => asJson(work.perform(asPayload(input))),
    item: async ({ input, config }: Assignment) =>
      asJson(work.performItem(asPayload(input), Number(config.item))),
    join: async ({ input }) => asJson(work.performJoin(Object.values(input as object) as Payload[])),
    // Of runs that are listened to and not counted.
    probe: async () => null,
  } satisfies Record<(typeof CAPABILITIES)[number], AgentHandler>;
  return (assignment, context) => {
    const body = bodies[assignment.capability];
    if (!body) throw new Error(`The benchmark has no stage of the type ${assignment.capability}.`);
    return body(assignment, context);
  };
}

export function chainGraph(stages: number): GraphInput {
  return {
    stages: Array.from({ length: stages }, (_, at) => ({ key: `s${at}`, type: 'step' })),
    dependencies: Array.from({ length: stages - 1 }, (_, at) => ({ from: `s${at}`, to: `s${at + 1}` })),
  };
}

export function probeGraph(): GraphInput {
  const { stages, ...rest } = chainGraph(5);
  return { ...rest, stages: stages.map((stage) => ({ ...stage, type: 'probe' })) };
}

export function fanGraph(width: number): GraphInput {
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
