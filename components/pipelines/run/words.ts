/** What people read where a pipeline is run. */
export const words = {
  title: (name: string) => `Run ${name}`,
  description: (version: number) => `Version ${version} is run.`,
  start: 'Run',
  as: 'Input',
  sample: 'Filled in with the sample of the pipeline.',
  noSchema: 'The pipeline does not say what it takes.',
  loading: 'Loading what it takes',
  unpublished: 'It has no version yet: publish it first.',
} as const;
