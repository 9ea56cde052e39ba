import type { GraphInput } from '#server/domain/graph/schema.ts';

type StageInput = GraphInput['stages'][number];
type Options = Omit<StageInput, 'key' | 'name' | 'type' | 'config'>;

/** The key of a stage from its name. */
const keyOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

/** Demonstration stages: they do no work, and their logs say so. */
export const waits = (name: string, ms: number, options: Options = {}): StageInput => ({
  ...{ key: keyOf(name), name, type: 'sleep', config: { ms } },
  ...options,
});
export const passes = (name: string, options: Options = {}): StageInput => ({
  ...{ key: keyOf(name), name, type: 'echo' },
  ...options,
});
export interface Failing extends Options {
  message: string;
  code: string;
  errorClass?: string;
  times?: number;
}
export const fails = (
  name: string,
  { message, code, errorClass = 'agent', times, ...options }: Failing,
): StageInput => ({
  ...{ key: keyOf(name), name, type: 'fail' },
  config: { message, code, errorClass, ...(times === undefined ? {} : { times }) },
  ...options,
});

/** Each edge is `from > to`, by the stages' keys. */
export function graph(stages: readonly StageInput[], edges: readonly string[]): GraphInput {
  return {
    stages: [...stages],
    dependencies: edges.map((edge) => {
      const [from = '', to = ''] = edge.split(' > ');
      return { from, to };
    }),
  };
}

export const row = (stages: readonly StageInput[]): GraphInput =>
  graph(
    stages,
    stages.slice(1).map(({ key }, at) => `${stages[at]?.key} > ${key}`),
  );

export const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));
