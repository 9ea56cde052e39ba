import { expect } from 'vitest';
import type { Api } from './people.ts';

/** Before a journey that counts what is going on: a try that failed has left its own. */
export async function cancelOpenRuns(api: Api): Promise<void> {
  const open = async (): Promise<{ id: string }[]> => (await api('/runs?limit=200&status=running')).runs;
  for (const { id } of await open()) await api(`/runs/${id}/cancel`, { grace_seconds: 0 });
  await expect.poll(open, { timeout: 60_000 }).toEqual([]);
}
