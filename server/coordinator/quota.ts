import type { Sql } from '#db/client.ts';
import { countOut, forgetCount } from '#db/queries/count-out.ts';
import { NO_ORG_ID, toUuid } from '#server/domain/ids.ts';
import type { Slot } from './slots.ts';

/**
 * MAX_CONCURRENT_TASKS is a concurrency key that every task of the installation has, so it is kept as exactly as any
 * other: in the commit. Whoever sets no limit does not pay for one, as nearly every commit would write this row.
 */
export const QUOTA_ORG = NO_ORG_ID;

export const quotaOf = (limit: number | undefined): Slot | null =>
  limit === undefined ? null : { key: 'MAX_CONCURRENT_TASKS', limit };

export interface QuotaKeeper {
  start(): Promise<void>;
  stop(): void;
}

const COUNT_EVERY_MS = 60_000;

/** Counts anew at the start and every minute: a process that did not know of the limit may have taken part. */
export function createQuotaKeeper(options: {
  sql: Sql;
  quota: Slot | null;
  onTrouble(message: string, error: unknown): void;
}): QuotaKeeper {
  const { sql, quota } = options;
  let timer: NodeJS.Timeout | undefined;

  async function count(): Promise<void> {
    const org = toUuid(QUOTA_ORG);
    const counted = quota ? countOut(sql, { orgId: org, key: quota.key }) : forgetCount(sql, org);
    await counted.catch((error) => options.onTrouble('The tasks that are out could not be counted.', error));
  }

  return {
    async start() {
      await count();
      if (!quota) return;
      timer = setInterval(() => void count(), COUNT_EVERY_MS);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}
