import { tryNpm } from '../lib/npm.mjs';
import { ROOT } from '../lib/paths.mjs';
import { lastLines } from '../lib/run.mjs';

/** Known holes in what we ship. Fails from "high" on; says when the registry could not be asked. */

/** What a check exits with when it could not do its work: visible, and neither passed nor failed. */
const SKIPPED = 75;

const { output } = await tryNpm(['audit', '--omit=dev', '--json', '--loglevel=silent'], { cwd: ROOT });

function parseReport() {
  try {
    return JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1));
  } catch {
    return { message: lastLines(output, 3) };
  }
}

const report = parseReport();
if (report.metadata?.vulnerabilities === undefined) {
  const why = report.message ?? report.error?.summary ?? 'it gave no report';
  console.log(`the registry could not be asked: ${String(why).trim().replaceAll(/\s+/g, ' ').slice(0, 200)}`);
  process.exitCode = SKIPPED;
} else {
  const { high, critical, total } = report.metadata.vulnerabilities;
  for (const [name, { severity, range, fixAvailable }] of Object.entries(report.vulnerabilities)) {
    console.log(
      `${severity}: ${name} ${range}${fixAvailable ? ' (a fixed version exists: npm audit fix)' : ''}`,
    );
  }
  console.log(`Dependency audit: ${total} known, ${high + critical} of them high or critical`);
  process.exitCode = high + critical > 0 ? 1 : 0;
}
