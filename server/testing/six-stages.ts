/** The six stages that work on tables, one after the other, as somebody in any organisation would make them. */
const TYPES = ['data-ingestion', 'transformation', 'analysis', 'validation', 'processing', 'output'];

export const SIX_STAGES = {
  name: 'six stages',
  stages: TYPES.map((type) => ({ name: type, type })),
  dependencies: TYPES.slice(1).map((_, from) => ({ from, to: from + 1 })),
};

export const SIX_INPUT = { input_data: { data: 'site,value\nnorth,1\nsouth,2\n', format: 'csv' } };
