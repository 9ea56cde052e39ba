import { describe, expect, test } from 'vitest';
import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import { SAMPLING } from '#server/domain/mcp.ts';
import type { GatewayCaller } from './caller.ts';
import { judge, mayBorrow, type Rule } from './rules.ts';

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
  ...{ serverId: null, ...more },
});
const call = { connectionId: 'c', serverId: null, tool: 'delete_file' };

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

  const here = { ...call, serverId: 's' };

  test.each<[string, string | null, Rule['effect']]>([
    ['through the server that it names', 's', 'deny'],
    ['through another', 't', 'allow'],
    ['through none', null, 'allow'],
  ])('one for a virtual server is about calls that come %s: %s %s', (_, serverId, effect) => {
    const rules = [rule('deny', { serverId: 's' })];
    expect(judge(rules, caller, { ...call, serverId }).effect).toBe(effect);
  });

  test('those for the virtual server go before those for the connection, in whatever order they stand', () => {
    const rules = [rule('deny', { connectionId: 'c' }), rule('allow', { serverId: 's' })];
    for (const all of [rules, rules.toReversed()]) {
      expect(judge(all, caller, here)).toMatchObject({ effect: 'allow', rule: { serverId: 's' } });
      expect(judge(all, caller, call).effect).toBe('deny');
      expect(judge(all, caller, { ...call, serverId: 't' }).effect).toBe('deny');
    }
  });

  test('of several for the virtual server the strictest holds', () => {
    const rules = [rule('allow', { serverId: 's' }), rule('ask', { serverId: 's', tool: 'delete_*' })];
    expect(judge(rules, caller, here).effect).toBe('ask');
    expect(judge(rules, caller, { ...here, tool: 'read_file' }).effect).toBe('allow');
  });

  test('one for a virtual server that fits somebody else says nothing', () => {
    const rules = [
      rule('deny', { connectionId: 'c' }),
      rule('allow', { serverId: 's', subjectKind: 'role', subject: 'owner' }),
    ];
    expect(judge(rules, caller, here).effect).toBe('deny');
  });

  test('what a server may borrow of its callers at one virtual server it may not elsewhere', () => {
    const rules = [rule('allow', { serverId: 's', tool: SAMPLING })];
    const borrowing = { ...call, tool: SAMPLING } as const;
    expect(mayBorrow(rules, caller, { ...borrowing, serverId: 's' })).toBe(true);
    expect(mayBorrow(rules, caller, borrowing)).toBe(false);
    const kept = [...rules, rule('deny', { serverId: 's' })];
    expect(mayBorrow(kept, caller, { ...borrowing, serverId: 's' })).toBe(false);
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
