import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { bulkPreview } from './bulk-preview.ts';

test('a count goes with the dialog that it was made for', async () => {
  const queries = new QueryClient();
  const options = {
    ...bulkPreview({ action: 'cancel', filter: {} }),
    queryFn: async () => ({ count: 3, sample: [] }),
  };
  const observer = new QueryObserver(queries, options);
  const close = observer.subscribe(() => undefined);
  await expect.poll(() => observer.getCurrentResult().data?.count).toBe(3);
  close();
  await expect.poll(() => queries.getQueryData(options.queryKey)).toBeUndefined();
});
