import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '#db/migrate.ts';
import { toUuid } from '#server/domain/ids.ts';
import { startEmbeddedPostgres } from '#server/platform/embedded-postgres.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createScriptedEngine } from '#server/testing/scripted-engine.ts';

const ROOT = join(import.meta.dirname, '../..');

let database: TestDatabase;
let folder: string;
beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-doctor-'));
  // The database runs as another user when the tests run as root.
  await chmod(folder, 0o755);
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Said {
  code: number;
  out: string;
  err: string;
}

/** The program as a person starts it. */
function doctor(
  args: string[],
  settings: Record<string, string> = { DATABASE_URL: database.url },
): Promise<Said> {
  const { DATABASE_URL: _, ...rest } = process.env;
  const env = { ...rest, ...settings };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['server/tools/doctor.ts', ...args],
      { cwd: ROOT, env },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, out: stdout.trim(), err: stderr.trim() });
      },
    );
  });
}

describe('npm run doctor', () => {
  test('finds nothing in a sound database, then what was damaged, in sentences and as JSON', async () => {
    const scripted = await createScriptedEngine({
      url: database.url,
      handlers: { echo: async ({ input }) => input },
    });
    const id = await scripted.start({ stages: [{ key: 'only', type: 'echo' }] });
    await scripted.ended(id);
    await scripted[Symbol.asyncDispose]();
    expect(await doctor([])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Nothing found\. Looked at 1 run with \d+ events? in \S+\/sb_test_\w+\.$/),
    });

    await database.sql`UPDATE runs SET finished_at = NULL WHERE id = ${toUuid(id)}::text::uuid`;
    const damaged = await doctor(['--since', '24h']);
    expect(damaged.code).toBe(1);
    expect(damaged.out).toContain(`✖ I1 ${id}: It has ended and has no end time.`);
    const { code, out } = await doctor(['--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ runs: 1, findings: [{ rule: 'I1', runId: id }] });
    expect(out).not.toContain(new URL(database.url).password || 'no password');
  });

  test('looks at the embedded database while it runs, and says so when it does not', async () => {
    const embedded = await startEmbeddedPostgres({ dataDir: folder });
    await migrate(embedded.url);
    const settings = { SIGNALBOX_DATA_DIR: folder };
    expect(await doctor([], settings)).toMatchObject({ code: 0, out: expect.stringContaining('0 runs') });
    await embedded.stop();
    expect(await doctor([], settings)).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not run'),
    });
  });

  test('says what to do when it cannot look', async () => {
    expect(await doctor([], { SIGNALBOX_DATA_DIR: folder })).toMatchObject({
      code: 2,
      err: expect.stringContaining('DATABASE_URL'),
    });
    expect(await doctor([], { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('could not be read'),
    });
    expect(await doctor(['--since', 'ever'])).toMatchObject({ code: 2, err: expect.stringContaining('24h') });
  });
});
