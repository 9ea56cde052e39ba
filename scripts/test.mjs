import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { WITH_COMPILE_CACHE } from './lib/compile-cache.mjs';
import { Failure, runMain } from './lib/failure.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { keepTemporaryFilesInMemory } from './lib/memory-folder.mjs';
import { withThisNode } from './lib/npm.mjs';
import { ROOT } from './lib/paths.mjs';
import { formatSeconds } from './lib/progress.mjs';
import { findPython, PYTHON_SDK } from './lib/python.mjs';
import { lastLines, run } from './lib/run.mjs';
import { addCounts, oneFailure, readVitestReport } from './lib/test-report.mjs';
import { runOnRuntime } from './runtime.mjs';

/**
 * `npm test`: everything, from a clean checkout. `npm run verify` (`--fast`): what needs no service. Every
 * step runs even when an earlier one failed, and the last line counts all of them.
 */

const isFast = process.argv.includes('--fast');
const SKIPPED = 75;
const NOTHING = { passed: 0, failed: 0, failures: [] };
const bin = (name) => join(ROOT, 'node_modules', name);

/** Before all others: it takes every core, and the build of the pages writes types that it would read half. */
const TYPES = { name: 'types', file: bin('typescript/bin/tsc'), args: ['--noEmit'] };

/** Checks that read code: each is one of the counted tests. Two run at a time, so the longest is begun first. */
const CHECKS = [
  // It builds the pages, which the browser tests need too.
  { name: 'sizes of pages', file: 'scripts/checks/page-sizes.mjs', isSlow: true },
  {
    name: 'lint and format',
    file: bin('@biomejs/biome/bin/biome'),
    args: ['check', '--error-on-warnings', '.'],
  },
  { name: 'import rules', file: 'scripts/checks/import-rules.mjs' },
  { name: 'function size', file: 'scripts/checks/function-size.mjs' },
  { name: 'status words', file: 'scripts/checks/status-words.mjs' },
  { name: 'words on screen', file: 'scripts/checks/screen-words.mjs' },
  { name: 'paths in documents', file: 'scripts/checks/doc-paths.mjs' },
  { name: 'configuration documents', file: 'scripts/checks/config-docs.mjs' },
  {
    name: 'unused code (knip)',
    file: bin('knip/bin/knip.js'),
    args: ['--no-progress', '--no-config-hints'],
    isSlow: true,
  },
  { name: 'dependency audit', file: 'scripts/checks/audit.mjs', isSlow: true },
];

/** Suites that run when their files are there; vitest and Playwright-style runners report as vitest does. */
const UNIT = { name: 'unit tests', args: ['run', '--project', 'unit'] };
const BROWSER = {
  name: 'browser tests',
  args: ['run', '--config', 'e2e/vitest.config.ts'],
  needs: 'e2e',
  isSlow: true,
};
/** They wait much, for leases, beats and kills to be noticed, and leave cores to checks and unit tests. */
const INTEGRATION = { name: 'integration tests', args: ['run', '--project', 'int'], isSlow: true };

/** @param {{ mark: string, name: string, startedAt: number, more?: string }} step */
function say({ mark, name, startedAt, more = '' }) {
  console.log(`${mark} ${name} (${formatSeconds(performance.now() - startedAt)})${more}`);
}

async function runCheck({ name, file, args = [] }) {
  const startedAt = performance.now();
  const env = { ...withThisNode(), ...WITH_COMPILE_CACHE };
  const { code, output } = await run(process.execPath, [file, ...args], { cwd: ROOT, env });
  if (code === SKIPPED) {
    say({ mark: '–', name, startedAt, more: ` skipped: ${output.trim()}` });
    return NOTHING;
  }
  if (code !== 0) console.log(`\n${lastLines(output, 200)}\n`);
  say({ mark: code === 0 ? '✔' : '✖', name, startedAt });
  return code === 0 ? { ...NOTHING, passed: 1 } : oneFailure(name);
}

const listed = (lines, what) =>
  lines.length > 0 ? `, ${lines.length} ${what}:\n${lines.map((line) => `    ${line}`).join('\n')}` : '';

/** A suite's tests, counted from its report; a suite that dies without one counts as one failure. */
async function runSuite({ name, args }, { env, folder }) {
  const startedAt = performance.now();
  const report = join(folder, `${name.replaceAll(' ', '-')}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run(
    process.execPath,
    [bin('vitest/vitest.mjs'), ...args, '--passWithNoTests', ...reporters],
    {
      cwd: ROOT,
      env: { ...withThisNode(), ...WITH_COMPILE_CACHE, ...env },
      // Two suites print at the same time.
      onLine: (line) => console.log(line === '' ? '' : `${name} │ ${line}`),
    },
  );
  const { skipped, retried, ...counts } = readVitestReport(report, code);
  const more = listed(skipped, 'skipped') + listed(retried, 'at a later try only');
  const summary = `: ${counts.passed} passed, ${counts.failed} failed${more}`;
  say({ mark: counts.failed === 0 ? '✔' : '✖', name, startedAt, more: summary });
  return counts;
}

/** The Python SDK's own tests; the suites above run its agents against the real server. */
async function runPython() {
  const startedAt = performance.now();
  const name = 'python tests';
  const python = findPython();
  if (!python) {
    const more = ' skipped: there is no python3 (3.9 or newer) here, so nothing of the Python SDK was tested';
    say({ mark: '–', name, startedAt, more });
    return NOTHING;
  }
  const { code, output } = await run(python, ['sdk/python/tests/run.py'], { cwd: ROOT, env: process.env });
  const [, passed = 0] = /(\d+) passed/.exec(output) ?? [];
  const [, failed = 0] = /(\d+) failed/.exec(output) ?? [];
  const counts = {
    passed: Number(passed),
    failed: Math.max(Number(failed), code === 0 ? 0 : 1),
    failures: code === 0 ? [] : [name],
  };
  if (code !== 0) console.log(`\n${lastLines(output, 100)}\n`);
  const more = `: ${counts.passed} passed, ${counts.failed} failed`;
  say({ mark: code === 0 ? '✔' : '✖', name, startedAt, more });
  return counts;
}

/** Its types, by the one program for that which many have and which `npm` cannot install. */
async function runPythonTypes() {
  const startedAt = performance.now();
  const name = 'python types';
  if (spawnSync('mypy', ['--version']).status !== 0) {
    const more = ' skipped: there is no mypy here, so the types of the Python SDK were not checked';
    say({ mark: '–', name, startedAt, more });
    return NOTHING;
  }
  const args = ['--strict', '--cache-dir', devNull, 'signalbox'];
  const { code, output } = await run('mypy', args, { cwd: PYTHON_SDK, env: process.env });
  if (code !== 0) console.log(`\n${lastLines(output, 100)}\n`);
  say({ mark: code === 0 ? '✔' : '✖', name, startedAt });
  return code === 0 ? { passed: 1, failed: 0, failures: [] } : oneFailure(name);
}

/** Most of them keep one core busy, and machines have two. */
async function runChecks(checks) {
  const left = [...checks];
  const runLane = async () => {
    let sum = NOTHING;
    for (let check = left.shift(); check; check = left.shift()) sum = addCounts(sum, await runCheck(check));
    return sum;
  };
  return addCounts(...(await Promise.all([runLane(), runLane()])));
}

/** Services first: without them most tests mean nothing, and what is missing is said before anything slow. */
async function withServices(work) {
  if (isFast) return work({});
  const { ensureServices } = await import('./services.mjs');
  const services = await ensureServices({
    postgres: true,
    redis: true,
    rabbitmq: true,
    chromium: existsSync(join(ROOT, 'e2e')),
  });
  for (const name of ['postgres', 'redis', 'rabbitmq']) console.log(`  ${name}: ${services[name].origin}`);
  try {
    return await work(services.env);
  } finally {
    await services.stop();
  }
}

const isDue = ({ isSlow, needs }) =>
  !(isFast && isSlow) && (needs === undefined || existsSync(join(ROOT, needs)));

/** What keeps the cores busy, one after the other. */
async function runInTurn(options) {
  let sum = addCounts(await runCheck(TYPES), await runChecks(CHECKS.filter(isDue)));
  sum = addCounts(sum, await runSuite(UNIT, options));
  return isFast ? sum : [await runPython(), await runPythonTypes()].reduce(addCounts, sum);
}

const runIfDue = (suite, options) => (isDue(suite) ? runSuite(suite, options) : NOTHING);

/**
 * The browser tests come last and have the machine to themselves: beside the integration tests both took so long that what
 * has a limit of its own, such as the smallest pass of the bench, missed it.
 */
async function runAll(options) {
  const sums = await Promise.all([runInTurn(options), runIfDue(INTEGRATION, options)]);
  return addCounts(addCounts(...sums), await runIfDue(BROWSER, options));
}

async function main() {
  await ensureInstalled();
  keepTemporaryFilesInMemory();
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
  try {
    const counts = await withServices((env) => runAll({ env, folder }));
    // Named once more at the end: what a long log has scrolled away, or its reader has cut off.
    if (counts.failures.length > 0)
      console.log(`\nFailed:\n${counts.failures.map((line) => `  ${line}`).join('\n')}\n`);
    console.log(`${counts.passed} passed, ${counts.failed} failed`);
    return counts.failed > 0 || counts.passed === 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An exit, unlike a signal's default, takes the running step along; the services' keepers notice by themselves. */
function exitOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}

/** Where the set-up itself fails, that is the one failure; the last line is a count all the same. */
async function mainWithCount() {
  exitOnSignals();
  try {
    return await main();
  } catch (error) {
    console.error(error instanceof Failure ? `\n✖ ${error.message}\n` : error);
    console.log('0 passed, 1 failed');
    return 1;
  }
}

await runMain(() => runOnRuntime(mainWithCount));
