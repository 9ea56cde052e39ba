export const RUN_TABS = [
  'timeline',
  'graph',
  'logs',
  'events',
  'data',
  'attempts',
  'workspace',
  'report',
] as const;
export type RunTab = (typeof RUN_TABS)[number];
