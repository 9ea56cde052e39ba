import { existsSync, readFileSync } from 'node:fs';

/**
 * What a suite's JSON report says. A file that could not even be loaded has no tests in the report: it counts
 * as one failure, and so does a runner that ended badly without naming a failed test.
 * @param {string} file @param {number} exitCode
 * @returns {{ passed: number, failed: number, skipped: string[] }}
 */
export function readVitestReport(file, exitCode) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: [] };
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const countOf = (status) => tests.filter((test) => test.status === status).length;
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = countOf('failed') + brokenFiles;
  return {
    passed: countOf('passed'),
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: tests
      .filter(({ status }) => ['pending', 'skipped', 'todo', 'disabled'].includes(status))
      .map(({ fullName }) => fullName),
  };
}

export function addCounts(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}
