import { connectDatabase } from '#db/client.ts';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { audit } from '#server/auditor/audit.ts';
import { explain, findDatabase } from './database.ts';
import { describeReport, parseRequest, USAGE } from './doctor-report.ts';

/** `npm run doctor`: the auditor on the database of this installation. Returns the exit code. */
async function examine(args: readonly string[]): Promise<number> {
  const request = parseRequest(args);
  if (request.help) {
    console.log(USAGE);
    return 0;
  }
  const url = findDatabase();
  const sql = connectDatabase({ url, applicationName: 'signalbox-doctor', max: 3 });
  try {
    const [clock] = await sql<
      { now_ms: number }[]
    >`SELECT extract(epoch FROM now())::float8 * 1000 AS now_ms`;
    const since = request.sinceMs === undefined ? {} : { sinceMs: Number(clock?.now_ms) - request.sinceMs };
    const report = await audit({ sql, graphOf: createGraphCache(sql), ...since });
    const { host, pathname } = new URL(url);
    const place = `${host}${pathname}`;
    console.log(request.json ? JSON.stringify({ place, ...report }) : describeReport(report, request, place));
    return report.findings.length > 0 ? 1 : 0;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

process.exitCode = await examine(process.argv.slice(2)).catch((error) => {
  console.error(`✖ ${explain(error)}`);
  return 2;
});
