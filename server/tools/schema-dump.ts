import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase } from '#db/client.ts';
import { describeSchema } from '#db/describe.ts';
import { migrate } from '#db/migrate.ts';
import { startEmbeddedPostgres } from '#server/platform/embedded-postgres.ts';

/** Writes db/migrations/schema.sql from a fresh database: `npm run schema:dump`, after a migration was added. */
const file = new URL('../../db/migrations/schema.sql', import.meta.url);
const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-schema-'));
const postgres = await startEmbeddedPostgres({ dataDir });
try {
  await migrate(postgres.url);
  const sql = connectDatabase({ url: postgres.url, applicationName: 'schema-dump', max: 1 });
  await writeFile(file, await describeSchema(sql));
  await sql.end();
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
