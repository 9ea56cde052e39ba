import { describe, expect, test } from 'vitest';
import type { RunId } from '#server/domain/ids.ts';
import { describeReport, parseRequest } from './doctor-report.ts';

const all = { json: false, help: false, sinceMs: undefined };
const id = (at: number) => `run_${String(at).repeat(32)}` as RunId;

describe('what the doctor is asked', () => {
  test.each([
    [[], all],
    [['--json'], { ...all, json: true }],
    [['--since', '24h'], { ...all, sinceMs: 86_400_000 }],
    [['--since=7d', '--json'], { ...all, json: true, sinceMs: 604_800_000 }],
  ])('is understood: %j', (args, request) => expect(parseRequest(args)).toEqual(request));

  test.each([[['--since', 'yesterday']], [['--since', '24']], [['--since']], [['--fix']], [['all']]])(
    'is refused with advice: %j',
    (args) => {
      expect(() => parseRequest(args)).toThrow(
        expect.objectContaining({ code: 'INVALID', advice: expect.stringMatching(/24h/) }),
      );
    },
  );
});

describe('what the doctor says', () => {
  test('counts what it looked at when all is well', () => {
    const report = { runs: 1, events: 1200, findings: [] };
    expect(describeReport(report, all, 'db:5432/sb')).toBe(
      'Nothing found. Looked at 1 run with 1,200 events in db:5432/sb.',
    );
  });

  test('says how many objects it looked for, and when the store did not answer', () => {
    const report = { runs: 0, events: 0, findings: [], objects: { looked: 2, trouble: null } };
    expect(describeReport(report, all, 'db')).toMatch(
      /Looked for 2 objects that the youngest runs refer to\.$/,
    );
    const away = { ...report, objects: { looked: 0, trouble: 'It is away.' } };
    expect(describeReport(away, all, 'db')).toMatch(/the object store did not answer: It is away\.$/);
    expect(describeReport({ ...report, objects: { looked: 0, trouble: null } }, all, 'db')).not.toContain(
      'object',
    );
  });

  test('names each finding, then each broken rule with its meaning', () => {
    const report = {
      runs: 3,
      events: 9,
      findings: [
        { rule: 'I8' as const, runId: id(1), message: 'A hole.' },
        { rule: 'I1' as const, runId: id(1), message: 'No end time.' },
        { rule: 'I8' as const, runId: id(2), message: 'Another hole.' },
        { rule: 'I9' as const, runId: null, message: 'Key gate.' },
      ],
    };
    expect(describeReport(report, { ...all, sinceMs: 3_600_000 }, 'db').split('\n')).toEqual([
      `✖ I8 ${id(1)}: A hole.`,
      `✖ I1 ${id(1)}: No end time.`,
      `✖ I8 ${id(2)}: Another hole.`,
      '✖ I9 Key gate.',
      '',
      '4 findings in 2 runs. What does not hold:',
      expect.stringMatching(/^ {2}I1 \(1\): Every run ends/),
      expect.stringMatching(/^ {2}I8 \(2\): A run's event sequence/),
      expect.stringMatching(/^ {2}I9 \(1\): /),
      'Looked at 3 runs with 9 events in db, born in the last 60 minutes.',
    ]);
  });
});
