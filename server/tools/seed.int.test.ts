import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { audit } from '#server/auditor/audit.ts';
import { readEnv } from '#server/platform/env.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createScriptedEngine } from '#server/testing/scripted-engine.ts';
import { createCaller } from './seed/caller.ts';
import { openInstallation } from './seed/installation.ts';
import { createMaker } from './seed/maker.ts';
import { removeSamples } from './seed/remove.ts';
import { makeChangedServer } from './seed/scenarios/changed-server.ts';

const ROOT = join(import.meta.dirname, '../..');
const SLOW_MS = 300_000;

let database: TestDatabase;
let folder: string;
beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-seed-'));
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The program as a person starts it, on an installation that does not run. */
function seed(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, DATABASE_URL: database.url, SIGNALBOX_DATA_DIR: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, ['server/tools/seed.ts', ...args], { cwd: ROOT, env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out: out.trim(), err: err.trim() }),
    );
  });
}

const count = async (text: string) => Number((await database.sql.unsafe(text))[0]?.n);
const soundness = () => audit({ sql: database.sql, graphOf: createGraphCache(database.sql) });

describe('npm run seed', () => {
  test(
    'makes labelled copies of runs that really ran, sound in the eyes of the auditor, and takes away all of it and nothing else',
    async () => {
      const scripted = await createScriptedEngine({
        url: database.url,
        handlers: { echo: async ({ input }) => input },
      });
      const own = await scripted.start({ stages: [{ key: 'only', type: 'echo' }] });
      await scripted.ended(own);
      await scripted[Symbol.asyncDispose]();

      expect(await seed('million', '--runs', '500')).toMatchObject({ code: 0, err: '' });
      expect(await count('SELECT count(*) AS n FROM runs')).toBe(1 + 36 + 500);
      expect(await count(`SELECT count(*) AS n FROM runs WHERE labels @> '{tag:sample-data}'`)).toBe(536);
      expect(await count(`SELECT count(*) AS n FROM runs WHERE metadata->>'copied' = 'true'`)).toBe(500);
      expect(await count(`SELECT count(DISTINCT status) AS n FROM runs`)).toBeGreaterThan(1);
      expect(
        await count(
          `SELECT count(*) AS n FROM pipelines WHERE 'sample-data' = ANY (tags) AND description LIKE '%seed -- empty%'`,
        ),
      ).toBe(5);
      expect(await soundness()).toMatchObject({ runs: 537, findings: [] });

      expect((await seed('empty')).out).toContain('Taken away: 5 pipelines, 536 runs, 0 agents.');
      for (const table of ['tasks', 'attempts', 'run_events', 'task_stage_logs', 'run_objects', 'workspaces'])
        expect([
          table,
          await count(
            `SELECT count(*) AS n FROM ${table} x WHERE NOT EXISTS (SELECT FROM runs r WHERE r.id = x.run_id)`,
          ),
        ]).toEqual([table, 0]);
      expect(await count('SELECT count(*) AS n FROM runs')).toBe(1);
      expect(await count('SELECT count(*) AS n FROM samples')).toBe(0);
      expect(
        await count(
          `SELECT count(*) AS n FROM audit_entries WHERE body::json->>'action' = 'samples.removed'`,
        ),
      ).toBe(1);
      expect(await soundness()).toMatchObject({ runs: 1, findings: [] });
    },
    SLOW_MS,
  );

  test(
    'leaves runs under way in each manner of waiting, and ends them before it takes them away',
    async () => {
      expect(await seed('busy')).toMatchObject({ code: 0, err: '' });
      expect(await count(`SELECT count(*) AS n FROM runs WHERE finished_at IS NULL`)).toBe(79);
      expect(await count(`SELECT count(*) AS n FROM runs WHERE status = 'paused'`)).toBe(3);
      expect(await count(`SELECT count(*) AS n FROM tasks WHERE status = 'retrying'`)).toBeGreaterThanOrEqual(
        1,
      );
      // Once more finds the same pipelines: it adds runs, not pipelines.
      expect(await seed('busy')).toMatchObject({ code: 0 });
      expect(await count('SELECT count(*) AS n FROM samples')).toBe(5);
      expect((await seed('empty')).out).toContain('5 pipelines, 158 runs');
      expect(await count('SELECT count(*) AS n FROM runs')).toBe(0);
    },
    SLOW_MS,
  );

  test(
    'leaves an MCP server whose tools wait for somebody to look at them, once, and takes it away',
    async () => {
      const env = readEnv({ DATABASE_URL: database.url, SIGNALBOX_DATA_DIR: folder }, folder);
      const installation = await openInstallation(env);
      try {
        const call = createCaller(installation);
        const { sql } = database;
        const maker = createMaker({ scenario: 'broken', call, sql, say: () => undefined });
        for (const _ of [1, 2]) await makeChangedServer(maker, sql);
        const listed = async () =>
          (await call({ path: '/mcp/connections' })) as unknown as { connections: { id: string }[] };
        const { connections } = await listed();
        expect(connections).toHaveLength(1);
        const { tools } = await call({ path: `/mcp/connections/${connections[0]?.id}/tools` });
        expect(tools).toMatchObject([
          { name: 'delete_note', state: 'new' },
          { name: 'read_note', state: 'changed', warnings: ['html-comment'] },
          { name: 'search_notes', state: 'approved' },
          { name: 'share_note', state: 'gone' },
        ]);
        await removeSamples(sql, call, () => undefined);
        expect(await listed()).toMatchObject({ connections: [] });
        expect(await count('SELECT count(*) AS n FROM mcp_tools')).toBe(0);
      } finally {
        await installation.close();
      }
    },
    SLOW_MS,
  );

  test('says what there is when it is asked for something else', async () => {
    expect(await seed('everything')).toMatchObject({ code: 2, out: expect.stringContaining('busy') });
    expect(await seed('million', '--runs', 'some')).toMatchObject({
      code: 2,
      err: expect.stringContaining('whole number'),
    });
  });
});
