import { act, type Input } from '../../data/index.ts';

/** What an action would be about, as counted for this dialog: a count of minutes ago would be offered for what is there now. */
export const bulkPreview = (asked: Input<'bulk.create'>) => ({
  queryKey: ['bulk', 'preview', asked],
  queryFn: () => act('bulk.create', { ...asked, preview: true }),
  staleTime: 0,
  gcTime: 0,
});
