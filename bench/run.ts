/** `npm run bench`: every subject alone, in a process of its own, on fresh private servers. */
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BENCHES_WITHOUT_SUBJECTS } from './benches.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { installPeers, readCatalogue } from './catalogue.ts';
import type { Compared } from './comparison.ts';
import { renderComparison, renderNoise, renderRawCosts } from './comparison.ts';
import { startGuardian } from './guardian.ts';
import { describeMachine, findDiskDir } from './machine.ts';
import { runGatewayBench } from './mcp/bench.ts';
import { runFindingBench } from './mcp/finding.ts';
import { runAgentsBench } from './mcp/load.ts';
import type { Options } from './options.ts';
import { HELP, readOptions, selectNames } from './options.ts';
import type { Leftovers, Pass } from './pass.ts';
import { runSubject } from './pass.ts';
import type { Plan } from './plan.ts';
import { FULL_PLAN, QUICK_PLAN } from './plan.ts';
import type { Result } from './report.ts';
import {
  appendJson,
  describeProbes,
  mergeRecords,
  mergeResults,
  renderBenchTables,
  renderSubjects,
} from './report.ts';

async function main(options: Options): Promise<void> {
  if (options.help) return console.log(HELP);
  const catalogue = await readCatalogue();
  if (options.list) {
    for (const { name, setting, onlyOnRequest } of catalogue.map((entry) => entry.definition))
      console.log(`${name.padEnd(28)} ${onlyOnRequest ? '(only when named) ' : ''}${setting}`);
    return;
  }
  const names = selectNames(
    catalogue.map(({ definition }) => definition.name),
    options.subjects,
  );
  const isMeant = ({ definition }: (typeof catalogue)[number]) =>
    names.includes(definition.name) && (options.subjects !== undefined || !definition.onlyOnRequest);
  const entries = catalogue.filter(isMeant);
  if (isForSubjects(options) && entries.some(({ isPeer }) => isPeer)) installPeers();

  const parent = options.dataDir ?? findDiskDir();
  await mkdir(parent, { recursive: true });
  const rootDir = await mkdtemp(join(parent, 'signalbox-bench-'));
  // Postgres runs as another OS user and has to reach its folder in here.
  await chmod(rootDir, 0o755);
  const guardian = startGuardian(rootDir);
  const leftovers: Leftovers = { processes: new Set(), services: new Set(), rootDir, guardian };
  stopOnSignals(leftovers);
  try {
    await runAll(entries, options, leftovers);
  } finally {
    await rm(rootDir, { recursive: true, force: true });
  }
}

async function runAll(entries: CatalogueEntry[], options: Options, leftovers: Leftovers): Promise<void> {
  const { json, quick, rounds, soakSeconds } = options;
  if (json !== undefined) await writeFile(json, '');
  const machine = `${describeMachine()}; Node ${process.versions.node}; ${new Date().toISOString().slice(0, 10)}`;
  console.log(`${machine}${quick ? '\nQuick mode: too noisy to quote.' : ''}\n`);

  const results: Result[] = [];
  const record = (found: readonly Result[]) => {
    results.push(...found);
    if (json !== undefined) appendJson(json, found);
  };
  const pass: Pass = {
    benches: options.only,
    plan: toPlan(quick, soakSeconds),
    ...(options.keep === undefined ? {} : { keep: options.keep }),
    benchTimeoutMs: quick ? 120_000 : 900_000,
    leftovers,
    onResults: record,
  };
  const records: Compared[] = [];
  for (let round = 1; round <= rounds; round++) {
    if (rounds > 1) console.log(`Round ${round} of ${rounds}`);
    if (options.only.includes('mcp')) record(await runGatewayBench(pass));
    if (options.only.includes('agents')) record(await runAgentsBench(pass));
    if (options.only.includes('finding')) record(await runFindingBench());
    for (const entry of isForSubjects(options) ? entries : []) {
      const done = await runSubject(entry, pass);
      records.push({ ...done, isPeer: entry.isPeer });
      record(describeProbes(machine, done));
      if (done.error !== undefined) process.exitCode = 1;
    }
  }
  console.log(`\n${machine}\n\n${renderReport(results, records)}`);
}

/** The gateway and workspaces are no engine: where only they are asked about, no engine starts. */
const isForSubjects = ({ only }: Options): boolean =>
  only.some((bench) => !BENCHES_WITHOUT_SUBJECTS.includes(bench));

function toPlan(quick: boolean, soakSeconds: number | undefined): Plan {
  const plan = quick ? QUICK_PLAN : FULL_PLAN;
  if (soakSeconds === undefined) return plan;
  const soakMs = soakSeconds * 1000;
  return { ...plan, soakMs, soakLapMs: Math.min(plan.soakLapMs, soakMs / 4) };
}

function renderReport(all: readonly Result[], allRecords: readonly Compared[]): string {
  const results = mergeResults(all);
  const records = mergeRecords(allRecords);
  const parts = [
    renderBenchTables(results),
    renderSubjects(records),
    renderNoise(records),
    renderRawCosts(results, records),
    renderComparison(results, records),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Ctrl-C stops the servers in order. For every other end of this process there is the guardian. */
function stopOnSignals({ processes, services, rootDir }: Leftovers): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, async () => {
      process.stdout.write(`\n${signal}: stopping the servers ...\n`);
      for (const child of processes) child.kill('SIGKILL');
      await Promise.allSettled([...services].map((set) => set.stop()));
      rmSync(rootDir, { recursive: true, force: true });
      process.exit(130);
    });
  }
}

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
