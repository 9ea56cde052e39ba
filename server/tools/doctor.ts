import { connectDatabase } from '#db/client.ts';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { audit } from '#server/auditor/audit.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { findEmbeddedUrl } from '#server/platform/embedded-postgres.ts';
import { type Env, readEnv } from '#server/platform/env.ts';
import { openObjectStore } from '#server/platform/object-store/open.ts';
import { describeReport, parseRequest, USAGE } from './doctor-report.ts';

/** Each is a question to the object store. */
const MAX_OBJECTS = 2000;

/** `npm run doctor`: the auditor on the database of this installation. Returns the exit code. */
async function examine(args: readonly string[]): Promise<number> {
  const request = parseRequest(args);
  if (request.help) {
    console.log(USAGE);
    return 0;
  }
  const env = readEnv(process.env, process.cwd());
  const url = findDatabase(env);
  const sql = connectDatabase({ url, applicationName: 'signalbox-doctor', max: 3 });
  try {
    const [clock] = await sql<
      { now_ms: number }[]
    >`SELECT extract(epoch FROM now())::float8 * 1000 AS now_ms`;
    const since = request.sinceMs === undefined ? {} : { sinceMs: Number(clock?.now_ms) - request.sinceMs };
    const objects = { has: openObjectStore(env).has, maxLooked: MAX_OBJECTS };
    const report = await audit({ sql, graphOf: createGraphCache(sql), objects, ...since });
    const { host, pathname } = new URL(url);
    const place = `${host}${pathname}`;
    console.log(request.json ? JSON.stringify({ place, ...report }) : describeReport(report, request, place));
    if (report.findings.length > 0) return 1;
    return report.objects?.trouble ? 2 : 0;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

function findDatabase({ databaseUrl, dataDir }: Env): string {
  const url = databaseUrl ?? findEmbeddedUrl(dataDir);
  if (url !== null) return url;
  throw new SignalboxError(
    'UNAVAILABLE',
    `DATABASE_URL is not set, and the embedded database in ${dataDir} does not run.`,
    { advice: 'Set DATABASE_URL, or start Signalbox and ask again while it runs.' },
  );
}

function explain(error: unknown): string {
  if (error instanceof SignalboxError) return `${error.message}\n${error.advice ?? ''}`.trim();
  const { code } = error as { code?: string };
  if (code === '42P01') return 'The database has no tables of Signalbox: start Signalbox on it once.';
  return `The database could not be read: ${error instanceof Error ? error.message || code : String(error)}`;
}

process.exitCode = await examine(process.argv.slice(2)).catch((error) => {
  console.error(`✖ ${explain(error)}`);
  return 2;
});
