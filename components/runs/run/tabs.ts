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

/** Whether an address is that of a run with its first tab open. */
export const showsTimeline = ({ pathname, search }: Pick<Location, 'pathname' | 'search'>): boolean => {
  const tab = new URLSearchParams(search).get('tab');
  return /^\/runs\/run_/.test(pathname) && !RUN_TABS.some((each) => each === tab && each !== 'timeline');
};
