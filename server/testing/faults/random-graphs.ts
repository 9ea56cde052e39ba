import type { GraphInput } from '#server/domain/graph/schema.ts';

/** Numbers from 0 to 1 that a seed fixes (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type StageInput = GraphInput['stages'][number];

/** A small DAG: mostly calls to the outside service, some that take a moment, some that fail and may. */
export function randomGraph(random: () => number): GraphInput {
  const count = 2 + Math.floor(random() * 5);
  const stages = Array.from({ length: count }, (_, at) => randomStage(random, at));
  const dependencies: NonNullable<GraphInput['dependencies']> = [];
  for (let to = 1; to < count; to += 1) {
    for (let from = 0; from < to; from += 1) {
      if (random() < 0.45) dependencies.push({ from: `s${from}`, to: `s${to}` });
    }
  }
  return { stages, dependencies };
}

function randomStage(random: () => number, at: number): StageInput {
  const key = `s${at}`;
  const dice = random();
  if (dice < 0.6) return { key, type: 'ledger' };
  if (dice < 0.75) return { key, type: 'sleep', config: { ms: Math.round(random() * 40) } };
  if (dice < 0.85) return { key, type: 'ledger', concurrency: { key: 'till', limit: 2 } };
  if (dice < 0.95) return { key, type: 'echo', input: '"short"' };
  return { key, type: 'fail', required: false, retry: { maxAttempts: 2, initialSeconds: 0.02 } };
}

export const chain = (length: number, type = 'ledger'): GraphInput => ({
  stages: Array.from({ length }, (_, at) => ({ key: `s${at}`, type })),
  dependencies: Array.from({ length: length - 1 }, (_, at) => ({ from: `s${at}`, to: `s${at + 1}` })),
});

/** One stage, then many side by side, then one. */
export const fan = (width: number, type = 'ledger'): GraphInput => ({
  stages: [
    { key: 'first', type },
    ...Array.from({ length: width }, (_, at) => ({ key: `m${at}`, type })),
    { key: 'last', type, input: '"joined"' },
  ],
  dependencies: Array.from({ length: width }, (_, at) => [
    { from: 'first', to: `m${at}` },
    { from: `m${at}`, to: 'last' },
  ]).flat(),
});
