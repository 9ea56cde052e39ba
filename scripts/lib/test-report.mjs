import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** How much of a failure's message the closing list repeats; the whole of it stands where it happened. */
const MESSAGE_CHARS = 300;

/** @typedef {{ passed: number, failed: number, failures: string[] }} Counts */

/**
 * What a suite's JSON report says. A file that could not even be loaded has no tests in the report: it counts
 * as one failure, and so does a runner that ended badly without naming a failed test.
 * @param {string} file @param {number} exitCode
 * @returns {Counts & { skipped: string[], retried: string[] }} `retried`: what passed at a later try, and why not at the first
 */
export function readVitestReport(file, exitCode) {
  if (!existsSync(file)) return { ...oneFailure('the runner left no report'), skipped: [], retried: [] };
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failures = testResults.flatMap(failuresOf);
  if (failures.length === 0 && exitCode !== 0) failures.push(`the runner ended with code ${exitCode}`);
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: failures.length,
    failures,
    skipped: tests
      .filter(({ status }) => ['pending', 'skipped', 'todo', 'disabled'].includes(status))
      .map(({ fullName }) => fullName),
    retried: testResults.flatMap(retriedOf),
  };
}

function retriedOf({ name = '', assertionResults }) {
  return assertionResults
    .filter(({ status, failureMessages = [] }) => status === 'passed' && failureMessages.length > 0)
    .map((test) => lineOf(relative('.', name), test));
}

const lineOf = (file, { fullName, failureMessages = [] }) =>
  `${file} > ${fullName}: ${beginningOf(failureMessages.join('\n'))}`;

/** A line for each failed test of one file, or one for the file. */
function failuresOf({ name = '', status, message = '', assertionResults }) {
  const file = relative('.', name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [`${file}: ${beginningOf(message)}`] : [];
  return failed.map((test) => lineOf(file, test));
}

function beginningOf(message) {
  const line = message.trim().replaceAll(/\s+/g, ' ');
  return line.length > MESSAGE_CHARS ? `${line.slice(0, MESSAGE_CHARS)}…` : line;
}

/** @param {string} what @returns {Counts} */
export function oneFailure(what) {
  return { passed: 0, failed: 1, failures: [what] };
}

/** @param {Counts} a @param {Counts} b @returns {Counts} */
export function addCounts(a, b) {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    failures: [...a.failures, ...b.failures],
  };
}
