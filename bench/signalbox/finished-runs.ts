import { connectDatabase, type Sql } from '#db/client.ts';
import { migrate } from '#db/migrate.ts';
import { multiplyRuns } from '#server/tools/seed/multiply.ts';
import type { ServiceUrls } from '../subject.ts';
import { createWorkload } from '../workload.ts';
import { countHistory } from './count-history.ts';
import { createSubject } from './subject.ts';

const STAGES = 5;
/** Born in the days before, so that they share the week's part with new ones or lie in the one before. */
const SPREAD_MS = 5 * 24 * 3600 * 1000;

/** Fills the database with runs that have ended: the engine makes one of them, the others are copies. */
export async function addFinishedRuns(urls: ServiceUrls, count: number): Promise<void> {
  const url = urls.databaseUrl ?? '';
  await migrate(url);
  await runOnce(urls);
  const sql = connectDatabase({ url, applicationName: 'bench-fill', max: 1 });
  try {
    const rows = await sql<{ id: string }[]>`SELECT id::text FROM runs`;
    await multiplyRuns({ url, count, templates: rows.map(({ id }) => id), spreadMs: SPREAD_MS });
    await countHistory(sql, url);
    await settle(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function runOnce(urls: ServiceUrls): Promise<void> {
  const work = createWorkload();
  const subject = createSubject({ ...urls, work }, { coordinators: 1 });
  await subject.start();
  const outputs = await subject.runChains(work.beginLap(1), STAGES);
  work.checkChains(outputs, STAGES);
  await subject.stop();
}

/** As a database is whose upkeep has caught up: no vacuum and no checkpoint of the filling falls into the benches. */
async function settle(sql: Sql): Promise<void> {
  await sql`VACUUM (FREEZE, ANALYZE)`;
  await sql`CHECKPOINT`;
}
