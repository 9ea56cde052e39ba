import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readVitestReport } from './test-report.mjs';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-report-'));
  file = join(folder, 'report.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(...files: { status: string; tests: string[] }[]): void {
  const testResults = files.map(({ status, tests }) => ({
    status,
    assertionResults: tests.map((state, index) => ({ status: state, fullName: `test ${index}` })),
  }));
  writeFileSync(file, JSON.stringify({ testResults }));
}

describe('the count of a suite', () => {
  test('sums the tests of all files and names the skipped ones', () => {
    write(
      { status: 'failed', tests: ['passed', 'failed'] },
      { status: 'passed', tests: ['passed', 'skipped'] },
    );
    expect(readVitestReport(file, 1)).toMatchObject({ passed: 2, failed: 1, skipped: ['test 1'] });
  });

  test('names what failed with the beginning of why', () => {
    const assertionResults = [
      {
        status: 'failed',
        fullName: 'a run ends',
        failureMessages: [`AssertionError:\n  ${'x'.repeat(500)}`],
      },
    ];
    const broken = { name: join(process.cwd(), 'b.test.ts'), status: 'failed', message: 'No such file' };
    writeFileSync(
      file,
      JSON.stringify({
        testResults: [
          { name: join(process.cwd(), 'server/a.test.ts'), status: 'failed', assertionResults },
          { ...broken, assertionResults: [] },
        ],
      }),
    );
    const [test, wholeFile] = readVitestReport(file, 1).failures;
    expect(test).toMatch(/^server\/a\.test\.ts > a run ends: AssertionError: x{200,}…$/);
    expect(wholeFile).toBe('b.test.ts: No such file');
  });

  test('names what passed at a later try only, with the beginning of why it did not at once', () => {
    const passed = { status: 'passed', failureMessages: [] };
    const assertionResults = [
      { ...passed, fullName: 'passes' },
      { ...passed, fullName: 'is late', failureMessages: ['AssertionError: expected 0 to be 1'] },
      { ...passed, status: 'failed', fullName: 'fails', failureMessages: ['Error: no'] },
    ];
    const name = join(process.cwd(), 'server/a.test.ts');
    writeFileSync(file, JSON.stringify({ testResults: [{ name, status: 'failed', assertionResults }] }));
    expect(readVitestReport(file, 1).retried).toEqual([
      'server/a.test.ts > is late: AssertionError: expected 0 to be 1',
    ]);
  });

  test('takes a file that could not be loaded as a failure', () => {
    write({ status: 'failed', tests: [] }, { status: 'passed', tests: ['passed'] });
    expect(readVitestReport(file, 1)).toMatchObject({ passed: 1, failed: 1 });
  });

  test('takes a runner that ended badly as a failure, even when every test passed', () => {
    write({ status: 'passed', tests: ['passed'] });
    expect(readVitestReport(file, 1)).toMatchObject({ passed: 1, failed: 1 });
    expect(readVitestReport(file, 0)).toMatchObject({ passed: 1, failed: 0 });
  });

  test('takes a missing report as a failure', () => {
    expect(readVitestReport(join(folder, 'none.json'), 0)).toMatchObject({ failed: 1 });
  });
});
