import { describe, expect, test } from 'vitest';
import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import type { GatewayCaller } from './caller.ts';
import { judge, type Rule } from './rules.ts';

const caller: GatewayCaller = {
  ...{
    orgId: DEFAULT_ORG_ID,
    kind: 'key',
    id: 'key_1',
    name: 'k',
    userUuid: 'ada',
    role: 'operator',
    door: 'gateway',
  },
  run: null,
};
const stage: GatewayCaller = {
  ...{ ...caller, kind: 'agent', id: 'builtin', userUuid: null, role: null },
  run: { runUuid: 'r', taskIndex: 0, pipelineUuid: 'p', agent: 'builtin' },
};
const rule = (effect: Rule['effect'], more: Partial<Rule> = {}): Rule => ({
  ...{ id: effect, effect, subjectKind: 'everybody', subject: null, connectionId: null, tool: null },
  ...more,
});
const call = { connectionId: 'c', tool: 'delete_file' };

describe('of all rules that fit a call', () => {
  test('there may be none, and then it is allowed', () => {
    expect(judge([], caller, call).effect).toBe('allow');
  });

  test('the strictest holds, in whatever order they stand', () => {
    const rules = [rule('ask'), rule('deny'), rule('allow')];
    expect(judge(rules, caller, call).effect).toBe('deny');
    expect(judge(rules.toReversed(), caller, call).effect).toBe('deny');
    expect(judge([rule('allow'), rule('ask')], caller, call).effect).toBe('ask');
  });

  test.each<[boolean, Partial<Rule>]>([
    [true, { connectionId: 'c' }],
    [false, { connectionId: 'd' }],
    [true, { tool: 'delete_file' }],
    [true, { tool: 'delete_*' }],
    [true, { tool: '*' }],
    [false, { tool: 'delete' }],
    [false, { tool: 'file*' }],
    [true, { subjectKind: 'role', subject: 'operator' }],
    [false, { subjectKind: 'role', subject: 'owner' }],
    [true, { subjectKind: 'caller', subject: 'key_1' }],
    [true, { subjectKind: 'caller', subject: 'ada' }],
    [false, { subjectKind: 'caller', subject: 'bob' }],
    [false, { subjectKind: 'agent', subject: 'builtin' }],
    [false, { subjectKind: 'pipeline', subject: 'p' }],
  ])('one fits a person’s key: %s, %j', (fits, more) => {
    expect(judge([rule('deny', more)], caller, call).effect).toBe(fits ? 'deny' : 'allow');
  });

  test.each<[boolean, Partial<Rule>]>([
    [true, { subjectKind: 'agent', subject: 'builtin' }],
    [true, { subjectKind: 'pipeline', subject: 'p' }],
    [false, { subjectKind: 'pipeline', subject: 'q' }],
    [false, { subjectKind: 'role', subject: 'operator' }],
    [true, { subjectKind: 'everybody' }],
  ])('one fits a stage of a run: %s, %j', (fits, more) => {
    expect(judge([rule('deny', more)], stage, call).effect).toBe(fits ? 'deny' : 'allow');
  });
});
