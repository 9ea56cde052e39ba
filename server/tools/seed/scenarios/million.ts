import { statfs } from 'node:fs/promises';
import type { Sql } from '#db/client.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import type { Maker } from '../maker.ts';
import { multiplyRuns } from '../multiply.ts';
import { makeDemo } from './demo.ts';

const DAYS = 28;
const BYTES_PER_RUN = 16_000;
const SAY_EVERY = 100_000;

export interface MillionOptions {
  sql: Sql;
  url: string;
  count: number;
  dataDir: string;
}

/** A history of four weeks: the runs of `demo`, copied. The copies say in their metadata that they are copies. */
export async function makeMillion(maker: Maker, { sql, url, count, dataDir }: MillionOptions): Promise<void> {
  await checkDisk(dataDir, count);
  await makeDemo(maker);
  const rows = await sql<{ id: string }[]>`
    SELECT r.id::text FROM runs r JOIN samples s ON s.id = r.pipeline_id AND s.kind = 'pipeline'
    WHERE s.org_id = ${toUuid(DEFAULT_ORG_ID)}::text::uuid AND s.scenario = ${maker.scenario} AND r.finished_at IS NOT NULL
      AND (r.metadata->>'copied') IS NULL AND NOT EXISTS (SELECT FROM workspaces w WHERE w.run_id = r.id)
    LIMIT 200`;
  await multiplyRuns({
    ...{ url, count, templates: rows.map(({ id }) => id), spreadMs: DAYS * 86_400_000 },
    mark: { copied: true },
    onPage: (done) => {
      if (done % SAY_EVERY === 0) maker.say(`${done.toLocaleString('en-US')} runs`);
    },
  });
  // What has been counted lies in the past: the figures look at all of it anew.
  await sql`UPDATE analytics_progress SET counted_until = NULL`;
  await sql`VACUUM (ANALYZE) runs, tasks, attempts, run_events`;
}

async function checkDisk(dataDir: string, count: number): Promise<void> {
  const { bavail, bsize } = await statfs(dataDir);
  const gib = (bytes: number) => Math.ceil(bytes / 2 ** 30);
  if (bavail * bsize > count * BYTES_PER_RUN) return;
  throw new SignalboxError(
    'UNAVAILABLE',
    `${count.toLocaleString('en-US')} runs need about ${gib(count * BYTES_PER_RUN)} GiB in the database; ${gib(bavail * bsize)} are free where the data folder is.`,
    { advice: 'Make fewer: npm run seed -- million --runs 100000' },
  );
}
