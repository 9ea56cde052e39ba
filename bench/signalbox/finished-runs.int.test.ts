import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { audit } from '#server/auditor/audit.ts';
import { createTestDatabase } from '#server/testing/database.ts';
import { addFinishedRuns } from './finished-runs.ts';

describe('a database filled with finished runs', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let dataDir: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'signalbox-bench-fill-'));
  });

  afterEach(async () => {
    await database[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('is sound in the eyes of the auditor and has the runs of several days', async () => {
    await addFinishedRuns({ databaseUrl: database.url, dataDir }, 200);
    const { sql } = database;
    const [counts] = await sql`
      SELECT (SELECT count(*)::int FROM runs WHERE status = 'succeeded') AS runs,
        (SELECT count(*)::int FROM tasks WHERE status = 'succeeded') AS tasks,
        (SELECT count(DISTINCT created_at::date)::int FROM runs) >= 5 AS spread`;
    expect(counts).toEqual({ runs: 201, tasks: 1005, spread: true });
    const report = await audit({ sql, graphOf: createGraphCache(sql) });
    expect(report).toMatchObject({ runs: 201, findings: [] });
  });
});
