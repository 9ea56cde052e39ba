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
    makerRole: null,
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

describe('a key acts within its own role and that of its maker', () => {
  const key: GatewayCaller = { ...caller, role: 'viewer', makerRole: 'operator' };
  const forRole = (effect: Rule['effect'], subject: string, more: Partial<Rule> = {}) =>
    rule(effect, { subjectKind: 'role', subject, ...more });

  test('and what is ruled for either is ruled for it, the strictest first', () => {
    expect(judge([forRole('deny', 'operator')], key, call).effect).toBe('deny');
    expect(judge([forRole('ask', 'viewer')], key, call).effect).toBe('ask');
    expect(judge([forRole('ask', 'viewer'), forRole('deny', 'operator')], key, call).effect).toBe('deny');
    expect(judge([forRole('deny', 'admin')], key, call).effect).toBe('allow');
  });

  test('so that what one of them is allowed at a virtual server, it is not where the other is not', () => {
    const rules = [rule('deny'), forRole('allow', 'viewer', { serverId: 's' })];
    const there = { ...call, serverId: 's' };
    expect(judge(rules, { ...key, makerRole: 'viewer' }, there).effect).toBe('allow');
    expect(judge(rules, key, there).effect).toBe('deny');
  });

  test('and lends its model only where both may', () => {
    const sampling = { ...call, tool: SAMPLING } as const;
    const lends = (...roles: string[]) => roles.map((role) => forRole('allow', role, { tool: SAMPLING }));
    expect(mayBorrow(lends('viewer'), key, sampling)).toBe(false);
    expect(mayBorrow(lends('viewer', 'operator'), key, sampling)).toBe(true);
  });
});

describe('a resource is the same however its URI is spelled', () => {
  const of = (uri: string) => ({ ...call, tool: `resources/${uri}` });
  const denied = (tool: string, uri: string) =>
    judge([rule('deny', { tool: `resources/${tool}` })], caller, of(uri)).effect;

  test.each([
    'file:///private/a.txt',
    'FILE:///private/a.txt',
    'file:/private/a.txt',
    'file://localhost/private/a.txt',
    'file:///public/../private/a.txt',
    'file:///public/%2e%2E/private/a.txt',
    'file:///public/..%2fprivate/a.txt',
    'file:///./private/a.txt',
    'file:///pr%69vate/a.txt',
    'file:///private%2Fa.txt',
    'file:////private//a.txt',
    'file:///private\\a.txt',
    'file:///pri\tvate/a.txt',
    ' file:///private/a.txt',
  ])('a rule about a folder holds for %s', (uri) => {
    expect(denied('file:///private/*', uri)).toBe('deny');
  });

  test.each(['file:///a.txt#x', 'file:///a.txt?x', 'file:///b/../a.txt', 'file:///%61.txt'])(
    'a rule about one file holds for %s',
    (uri) => {
      expect(denied('file:///a.txt', uri)).toBe('deny');
    },
  );

  test('also where the rule has the odd spelling', () => {
    expect(denied('file://localhost/private/*', 'file:///private/a.txt')).toBe('deny');
    expect(denied('HTTPS://Example.org:443/private/*', 'https://example.org/private/a')).toBe('deny');
  });

  test('and others are others', () => {
    expect(denied('file:///private/*', 'file:///public/private/a.txt')).toBe('allow');
    expect(denied('file:///a.txt', 'file:///b.txt')).toBe('allow');
    expect(denied('notes://a', 'notes://a?page=2')).toBe('allow');
    expect(denied('file:///100%/*', 'file:///100%/x')).toBe('deny');
  });

  test('what one spelling is allowed at a virtual server the other is forbidden still', () => {
    const rules = [rule('deny'), rule('allow', { serverId: 's', tool: 'resources/file:///public/*' })];
    const at = (uri: string) => judge(rules, caller, { ...of(uri), serverId: 's' }).effect;
    expect(at('file:///public/a.txt')).toBe('allow');
    expect(at('file:///public/../private/a.txt')).toBe('deny');
  });
});
