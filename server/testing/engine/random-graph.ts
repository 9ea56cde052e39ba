import type { GraphInput } from '#server/domain/graph/schema.ts';

/** A whole number from 0 up to, not including, `below`. Tests and simulator bring their own source of chance. */
export type Pick = (below: number) => number;

type StageInput = GraphInput['stages'][number];
type When = NonNullable<NonNullable<GraphInput['dependencies']>[number]['when']>;

export interface RandomGraphOptions {
  stages: number;
  /** Capabilities that stages ask for; the first is the most frequent. */
  types: readonly string[];
  /** Seconds; small, so that timers fall due within a test. */
  second: number;
  concurrencyKeys?: readonly { key: string; limit: number }[];
}

const one = <T>(pick: Pick, list: readonly T[]): T => list[pick(list.length)] as T;
const chance = (pick: Pick, percent: number): boolean => pick(100) < percent;

/** Chains, diamonds, joins, fan-outs and stages that stand alone, with every policy that a stage can have. */
export function randomGraph(pick: Pick, options: RandomGraphOptions): GraphInput {
  const stages: StageInput[] = [];
  const dependencies: NonNullable<GraphInput['dependencies']> = [];
  for (let index = 0; index < options.stages; index += 1) {
    const upstream = new Set<number>();
    const edges = index === 0 ? 0 : one(pick, [0, 1, 1, 1, 2, 2, 3]);
    for (let edge = 0; edge < edges; edge += 1) upstream.add(Math.max(0, index - 1 - pick(4)));
    for (const from of upstream) {
      dependencies.push({ from: `s${from}`, to: `s${index}`, when: randomWhen(pick, `s${from}`) });
    }
    stages.push(randomStage(pick, { key: `s${index}`, upstream: [...upstream] }, options));
  }
  return { stages, dependencies };
}

function randomWhen(pick: Pick, from: string): When {
  const roll = pick(100);
  if (roll < 62) return 'success';
  if (roll < 74) return 'always';
  if (roll < 84) return 'failure';
  return { expression: `stages.${from}.output.n > ${pick(10)}` };
}

function randomStage(
  pick: Pick,
  { key, upstream }: { key: string; upstream: number[] },
  options: RandomGraphOptions,
): StageInput {
  const { second } = options;
  const stage: StageInput = {
    key,
    type: chance(pick, 60) ? (options.types[0] ?? '') : one(pick, options.types),
  };
  if (chance(pick, 25)) stage.required = false;
  if (chance(pick, 30)) stage.onFailure = one(pick, ['fail-run', 'skip-dependents', 'continue']);
  if (chance(pick, 15))
    stage.condition = upstream.length > 0 ? `stages.s${one(pick, upstream)}.output.n > 2` : 'true';
  if (chance(pick, 4)) stage.condition = 'false';
  if (chance(pick, 4)) stage.input = { x: 'input.missing.field' };
  if (chance(pick, 50)) {
    stage.retry = {
      maxAttempts: 1 + pick(3),
      initialSeconds: second * pick(3),
      ...(chance(pick, 30) ? { backoff: 'fixed' as const } : {}),
      ...(chance(pick, 20) ? { whenOutput: 'output.n == 1' } : {}),
    };
  }
  const timeouts: NonNullable<StageInput['timeouts']> = {};
  if (chance(pick, 15)) timeouts.queueSeconds = second * (2 + pick(20));
  if (chance(pick, 15)) timeouts.firstHeartbeatSeconds = second * (1 + pick(3));
  if (chance(pick, 15)) timeouts.idleSeconds = second * (1 + pick(5));
  if (chance(pick, 25)) timeouts.stageSeconds = second * (3 + pick(10));
  stage.timeouts = timeouts;
  if (options.concurrencyKeys && chance(pick, 30)) stage.concurrency = one(pick, options.concurrencyKeys);
  return stage;
}
