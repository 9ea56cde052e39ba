import { connectDatabase } from '#db/client.ts';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { audit } from '#server/auditor/audit.ts';
import { readEnv } from '#server/platform/env.ts';
import { openObjectStore } from '#server/platform/object-store/open.ts';
import { explain, findDatabase } from './database.ts';
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
  const url = findDatabase();
  const sql = connectDatabase({ url, applicationName: 'signalbox-doctor', max: 3 });
  try {
    const [clock] = await sql<
      { now_ms: number }[]
    >`SELECT extract(epoch FROM now())::float8 * 1000 AS now_ms`;
    const since = request.sinceMs === undefined ? {} : { sinceMs: Number(clock?.now_ms) - request.sinceMs };
    const objects = { has: openObjectStore(env).has, maxLooked: MAX_OBJECTS };
    const report = await audit({ sql, graphOf: createGraphCache(sql), objects, ...since });
    const { host, pathname } = new URL(url);
    const place = decodeURIComponent(`${host}${pathname}`);
    console.log(request.json ? JSON.stringify({ place, ...report }) : describeReport(report, request, place));
    if (report.findings.length > 0) return 1;
    return report.objects?.trouble ? 2 : 0;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

process.exitCode = await examine(process.argv.slice(2)).catch((error) => {
  console.error(`✖ ${explain(error)}`);
  return 2;
});
