import { onlineManager } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiError } from './client.ts';
import { createQueries } from './create-queries.ts';

beforeEach(() => onlineManager.setOnline(false));
afterEach(() => onlineManager.setOnline(true));

test('what is asked for while the browser is offline is asked at once: the server may be on this machine', async () => {
  expect(await createQueries().fetchQuery({ queryKey: ['a'], queryFn: async () => 'here' })).toBe('here');
});

test('what is done without a line fails, and is not done later when nobody asks for it', async () => {
  const client = createQueries();
  let tries = 0;
  const mutation = client.getMutationCache().build(client, {
    mutationFn: async () => {
      tries += 1;
      throw new ApiError('No answer.', { code: 'OFFLINE' });
    },
  });
  await expect(mutation.execute(undefined)).rejects.toMatchObject({ code: 'OFFLINE' });
  onlineManager.setOnline(true);
  await client.resumePausedMutations();
  expect(tries).toBe(1);
});
