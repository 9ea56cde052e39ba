import { describe, expect, test } from 'vitest';
import type { OrgId, PipelineId } from '#server/domain/ids.ts';
import { type Actor, authorise, LOCAL_OWNER, may, mayAnywhere, NO_GRANTS } from './actor.ts';
import { ACTIONS, type Action, isWithin, permissionOf, ROLES, type Role, SCOPES } from './permissions.ts';

const PIPE = 'pipe_00000000000070008000000000000001' as PipelineId;
const OTHER = 'pipe_00000000000070008000000000000002' as PipelineId;

const person = (role: Role | null, grants: PipelineId[] = []): Actor => ({
  ...LOCAL_OWNER,
  kind: 'person',
  role,
  grants: new Set(grants),
});
const agent: Actor = { ...LOCAL_OWNER, kind: 'agent', role: null, agent: 'resizer' };
const allowed = (actor: Actor, target = {}) => ACTIONS.filter((action) => may(actor, action, target));

describe('the matrix', () => {
  /** The table that was agreed, in the order owner, admin, designer, operator, viewer, auditor. */
  const AGREED: [Action, string][] = [
    ['run.read', 'yyyyyy'],
    ['run.logs', 'yyyyyn'],
    ['run.payload', 'yyyyyn'],
    ['run.sensitive', 'yynnnn'],
    ['run.operate', 'yyyynn'],
    ['pipeline.create', 'yyynnn'],
    ['pipeline.edit', 'yyynnn'],
    ['pipeline.publish', 'yyynnn'],
    ['agent.operate', 'yynynn'],
    ['queue.operate', 'yynynn'],
    ['queue.inspect', 'yynynn'],
    ['member.manage', 'yynnnn'],
    ['owner.manage', 'ynnnnn'],
    ['key.manage', 'yynnnn'],
    ['audit.read', 'yynnny'],
    ['notification.manage', 'yynnnn'],
    ['notification.read', 'yynynn'],
    ['pipeline.read', 'yyyyyy'],
    ['template.read', 'yyyyyy'],
    ['workspace.read', 'yyyyyn'],
    ['workspace.write', 'yyyynn'],
    ['workspace.force', 'yynynn'],
    ['view.share', 'yyyyyy'],
    ['view.manage', 'yynnnn'],
    ['agent.read', 'yyyyyy'],
    ['agent.register', 'yynnnn'],
    ['agent.visit', 'yynnnn'],
    ['agent.fetch', 'nnnnnn'],
    ['queue.read', 'yyyyyy'],
    ['system.read', 'yyyyyy'],
    ['metrics.read', 'yynynn'],
    ['member.read', 'yynnny'],
    ['org.create', 'ynnnnn'],
    ['org.manage', 'ynnnnn'],
    ['key.read', 'yynnny'],
    ['secret.manage', 'yynnnn'],
    ['mcp.read', 'yyyyyy'],
    ['mcp.call', 'yyyynn'],
    ['mcp.connect', 'yyyynn'],
    ['mcp.manage', 'yynnnn'],
    ['mcp.program', 'yynnnn'],
    ['mcp.decide', 'yynynn'],
    ['mcp.log', 'yynynn'],
  ];

  test('says of every action whose it is', () => {
    expect(AGREED.map(([action]) => action).sort()).toEqual([...ACTIONS].sort());
  });

  test.each(AGREED)('gives %s to the roles that were agreed', (action, row) => {
    expect(ROLES.map((role) => (may(person(role), action) ? 'y' : 'n')).join('')).toBe(row);
  });

  test('gives nothing to somebody without a role', () => {
    expect(allowed(person(null))).toEqual([]);
    expect(() => authorise(person(null), 'run.read')).toThrow(/may not do this/);
  });
});

describe('grants', () => {
  test.each(['viewer', 'operator'] as const)(
    'make a %s the designer of that pipeline and of no other',
    (role) => {
      const actor = person(role, [PIPE]);
      for (const action of ['pipeline.edit', 'pipeline.publish', 'run.operate'] as const) {
        expect(may(actor, action, { pipelineId: PIPE })).toBe(true);
      }
      expect(may(actor, 'pipeline.edit', { pipelineId: OTHER })).toBe(false);
      expect(may(actor, 'pipeline.edit')).toBe(false);
      expect(mayAnywhere(actor, 'pipeline.edit')).toBe(true);
      expect(may(actor, 'pipeline.create', { pipelineId: PIPE })).toBe(false);
    },
  );

  test('let a designer read what is marked sensitive in that pipeline, and nobody of a lesser role', () => {
    for (const role of ROLES) {
      const actor = person(role, [PIPE]);
      const sees = role === 'owner' || role === 'admin';
      expect(may(actor, 'run.sensitive', { pipelineId: PIPE })).toBe(sees || role === 'designer');
      expect(may(actor, 'run.sensitive', { pipelineId: OTHER })).toBe(sees);
      expect(may(actor, 'run.sensitive')).toBe(sees);
    }
  });

  test('give an auditor, or somebody without a role, nothing', () => {
    for (const role of ['auditor', null] as const) {
      expect(may(person(role, [PIPE]), 'pipeline.edit', { pipelineId: PIPE })).toBe(false);
    }
  });
});

describe('keys', () => {
  const key = (role: Role, maker: Role | null, more: Partial<Actor> = {}): Actor => ({
    ...person(role),
    kind: 'key',
    ceiling: { role: maker, grants: NO_GRANTS },
    ...more,
  });

  test('can do what both their own role and their maker may do now, for every pair of roles', () => {
    for (const role of ROLES) {
      for (const maker of ROLES) {
        for (const action of allowed(key(role, maker))) {
          expect(permissionOf(action).roles).toContain(role);
          expect(permissionOf(action).roles).toContain(maker);
        }
      }
    }
    expect(allowed(key('viewer', null))).toEqual([]);
  });

  test('are only ever narrowed by scopes', () => {
    for (const role of ROLES) {
      for (const scope of SCOPES) {
        const narrowed = allowed(key(role, 'owner', { scopes: [scope] }));
        expect(allowed(key(role, 'owner'))).toEqual(expect.arrayContaining(narrowed));
        for (const action of narrowed) expect(permissionOf(action).scope).toBe(scope);
      }
    }
    expect(allowed(key('owner', 'owner', { scopes: [] }))).toEqual([]);
  });

  test('never make members or keys, whatever their role', () => {
    for (const action of ['member.manage', 'owner.manage', 'key.manage'] as const) {
      expect(may(key('owner', 'owner'), action)).toBe(false);
      expect(may({ ...person('owner'), kind: 'external' }, action)).toBe(false);
    }
  });

  test('keep to the pipelines that their maker has kept', () => {
    const made = key('designer', 'viewer', { ceiling: { role: 'viewer', grants: new Set([PIPE]) } });
    expect(may(made, 'pipeline.edit', { pipelineId: PIPE })).toBe(true);
    expect(may(made, 'pipeline.edit', { pipelineId: OTHER })).toBe(false);
    expect(mayAnywhere(made, 'pipeline.edit')).toBe(true);
  });
});

test('an agent may register, visit, fetch and share files as itself, and do nothing else', () => {
  expect(allowed(agent, { agent: 'resizer' })).toEqual([
    'workspace.read',
    'workspace.write',
    'agent.register',
    'agent.visit',
    'agent.fetch',
  ]);
  expect(allowed(agent, { agent: 'other' })).toEqual([]);
  expect(allowed(agent)).toEqual([]);
});

test('what concerns the whole installation is closed to other organisations', () => {
  const stranger = { ...person('owner'), orgId: 'org_00000000000070008000000000000002' as OrgId };
  expect(ACTIONS.filter((action) => may(person('owner'), action) && !may(stranger, action))).toEqual([
    'metrics.read',
    'org.create',
    'mcp.program',
  ]);
});

describe('a refusal says what to do', () => {
  const key = (more: Partial<Actor>): Actor => ({ ...LOCAL_OWNER, kind: 'key', name: 'ci', ...more });
  const adviceOn = (actor: Actor, action: Action): unknown => {
    try {
      authorise(actor, action);
    } catch (error) {
      return (error as { advice?: string }).advice;
    }
    return 'it was allowed';
  };

  test.each<[string, Actor, Action, RegExp]>([
    [
      'somebody without the right',
      person('viewer'),
      'key.manage',
      /^Ask an owner or admin .*: owner, admin may\.$/,
    ],
    [
      'a key of an admin that would make keys',
      key({ role: 'admin' }),
      'key.manage',
      /^No key or token may, whatever its role\. Sign in as owner or admin/,
    ],
    [
      'a key that lacks the scope',
      key({ scopes: ['runs:read'] }),
      'agent.read',
      /^It lacks the scope ops:read:/,
    ],
    [
      'a key whose role is not enough',
      key({ role: 'viewer', scopes: ['ops:write'] }),
      'agent.operate',
      /scopes and role/,
    ],
    ["an agent's token", agent, 'run.read', /^An agent's token serves its own agent/],
  ])('to %s', (_, actor, action, advice) => {
    expect(adviceOn(actor, action)).toMatch(advice);
  });
});

test('an owner is within no other role, and every role within the owner', () => {
  for (const role of ROLES) {
    expect(isWithin(role, 'owner')).toBe(true);
    expect(isWithin('owner', role)).toBe(role === 'owner');
  }
  expect(isWithin('designer', 'operator')).toBe(false);
});
