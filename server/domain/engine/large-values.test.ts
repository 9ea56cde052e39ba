import { describe, expect, test } from 'vitest';
import { driveRun } from '#server/testing/engine/drive-run.ts';
import type { GraphInput } from '../graph/schema.ts';
import type { Json } from '../json.ts';
import { PAYLOAD_NAME, type PayloadRef } from '../payload-ref.ts';
import { type LargeValues, type Opened, ValuesNeeded } from './large-values.ts';

const stage = (key: string, more: object = {}) => ({ key, type: 'echo', ...more });
const then = (from: string, to: string, more: object = {}) => ({ from, to, ...more });

function refTo(number: number): PayloadRef & { [key: string]: Json } {
  const $object = number.toString(16).padStart(64, '0');
  return { $object, bytes: 100_000, contentType: 'application/json', name: PAYLOAD_NAME };
}

/** What stands in a store that is all at hand. */
function atHand(values: Record<string, Opened>, maxInputBytes = 1_000_000): LargeValues {
  return { open: (ref) => values[ref.$object], maxInputBytes };
}

const LARGE = { n: 5, rows: [{ id: 1 }, { id: 2 }], text: 'x'.repeat(1000) };
const REF = refTo(1);
const HELD = atHand({ [REF.$object]: { ok: true, value: LARGE } });

/** `a` has answered with a reference. */
function afterLarge(more: Partial<GraphInput> & { stages: GraphInput['stages'] }, values = HELD) {
  const run = driveRun({ dependencies: [], ...more, stages: [stage('a'), ...more.stages] }, { values });
  run.start();
  run.succeed('a', REF);
  return run;
}

describe('expressions over values that are too large for a row', () => {
  test('conditions and dependencies judge by the value', () => {
    const run = afterLarge({
      stages: [
        stage('yes', { condition: 'stages.a.output.n > 3' }),
        stage('no', { condition: 'size(stages.a.output.rows) > 2' }),
        stage('arm'),
      ],
      dependencies: [
        then('a', 'yes'),
        then('a', 'no'),
        then('a', 'arm', { when: { expression: 'stages.a.output.n > 10' } }),
      ],
    });
    expect(run.statuses()).toMatchObject({ yes: 'running', no: 'skipped', arm: 'skipped' });
    expect(run.task('a').output).toEqual(REF);
  });

  test('a mapping reads parts of the value, and passes the whole of it on as the reference', () => {
    const input = {
      n: 'stages.a.output.n',
      rows: 'stages.a.output.rows',
      whole: 'stages.a.output',
      within: '[{"all": stages.a.output, "count": size(stages.a.output.rows)}]',
      chosen: 'stages.a.output.n > 3 ? stages.a.output : null',
    };
    const run = afterLarge({ stages: [stage('b', { input })], dependencies: [then('a', 'b')] });
    expect(run.last?.inputs.get(run.index('b'))).toEqual({
      n: 5,
      rows: LARGE.rows,
      whole: REF,
      within: [{ all: REF, count: 2 }],
      chosen: REF,
    });
  });

  test('a value that is one long text is passed on as its reference too', () => {
    const text = 'y'.repeat(5000);
    const values = atHand({ [REF.$object]: { ok: true, value: text } });
    const run = afterLarge(
      {
        stages: [stage('b', { input: 'stages.a.output.startsWith("y") ? [stages.a.output] : []' })],
        dependencies: [then('a', 'b')],
      },
      values,
    );
    expect(run.last?.inputs.get(run.index('b'))).toEqual([REF]);
  });

  test("the run's input is read as the value", () => {
    const graph = { stages: [stage('a', { condition: 'input.n == 5', input: 'input.rows' })] };
    const run = driveRun(graph, { input: REF, values: HELD });
    run.start();
    expect(run.last?.inputs.get(0)).toEqual(LARGE.rows);
  });

  test('the condition to try again and the schema of the output judge by the value', () => {
    const retry = { maxAttempts: 2, whenOutput: 'output.n == 5' };
    const again = driveRun({ stages: [stage('a', { retry })] }, { values: HELD });
    again.start();
    again.succeed('a', REF);
    expect(again.task('a').error?.code).toBe('RETRY_ASKED');

    const schema = (type: string) => ({ type: 'object', required: ['n'], properties: { n: { type } } });
    const judge = (outputSchema: object) => {
      const run = driveRun({ stages: [stage('a', { outputSchema })] } as GraphInput, { values: HELD });
      run.start();
      run.succeed('a', REF);
      return run.task('a');
    };
    expect(judge(schema('integer'))).toMatchObject({ status: 'succeeded', output: REF });
    expect(judge(schema('string')).error).toMatchObject({ code: 'OUTPUT_SCHEMA' });
  });

  test('a value that is not at hand is asked for, and the state stays as it was', () => {
    const second = refTo(2);
    const graph = {
      stages: [stage('a'), stage('b'), stage('c', { condition: 'stages.a.output.n > stages.b.output.n' })],
      dependencies: [then('a', 'c'), then('b', 'c')],
    };
    const run = driveRun(graph, { values: atHand({}) });
    run.start();
    run.succeed('a', REF);
    const before = run.state;
    let thrown: unknown;
    try {
      run.succeed('b', second);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ValuesNeeded);
    expect(new Set((thrown as ValuesNeeded).refs)).toEqual(new Set([REF, second]));
    expect(run.state).toBe(before);
  });

  test('a value that is gone fails the task with a sentence', () => {
    const gone = atHand({ [REF.$object]: { ok: false, message: 'There is no object.' } });
    const run = afterLarge(
      { stages: [stage('b', { condition: 'stages.a.output.n > 3' })], dependencies: [then('a', 'b')] },
      gone,
    );
    expect(run.task('b')).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('The output of a cannot be read: There is no object.') },
    });
    expect(run.state.status).toBe('failed');
  });

  test('what only passes on a value that is gone, or does not look at it, never asks for it', () => {
    const run = afterLarge(
      {
        stages: [stage('b', { condition: 'has(stages.a.output)', input: { all: 'stages.a.output' } })],
        dependencies: [then('a', 'b')],
      },
      atHand({}),
    );
    expect(run.last?.inputs.get(run.index('b'))).toEqual({ all: REF });
  });

  test('an input that grows too large by its mapping fails the task, which nobody has seen', () => {
    const run = afterLarge(
      {
        stages: [stage('b', { input: '[stages.a.output.text, stages.a.output.text]' })],
        dependencies: [then('a', 'b')],
      },
      atHand({ [REF.$object]: { ok: true, value: LARGE } }, 1500),
    );
    expect(run.task('b')).toMatchObject({ status: 'failed', epoch: 0, error: { code: 'INPUT_TOO_LARGE' } });
    expect(run.unplaced).toEqual([run.index('b')]);
  });

  test("a reference to an agent's own file is data, not the file", () => {
    const { name: _name, ...file } = refTo(3);
    const run = driveRun(
      {
        stages: [
          stage('a'),
          stage('b', { condition: 'stages.a.output.contentType.startsWith("application")' }),
        ],
        dependencies: [then('a', 'b')],
      },
      { values: atHand({}) },
    );
    run.start();
    run.succeed('a', file);
    expect(run.task('b').status).toBe('running');
  });
});
