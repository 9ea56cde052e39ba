import { describe, expect, test } from 'vitest';
import type { AgentCondition } from '../../server/domain/agent-condition.ts';
import { countConditions, filterAgents, groupAgents } from './group-agents.ts';

const agent = (
  name: string,
  condition: AgentCondition,
  more: { capabilities?: string[]; labels?: string[] } = {},
) => ({
  ...{ name, condition, version: name.slice(0, 1), capabilities: ['echo'], labels: [] as string[] },
  ...more,
});
const FLEET = [
  agent('b1', 'online'),
  agent('a1', 'offline', { capabilities: ['echo', 'resize'] }),
  agent('c1', 'stale', { capabilities: ['resize'], labels: ['gpu'] }),
];
const shown = (by: Parameters<typeof groupAgents>[1]) =>
  groupAgents(FLEET, by).map(({ key, agents }) => [key, agents.map(({ name }) => name)]);

describe('groups of agents', () => {
  test('without a grouping is one, who wants a look before who is well before who is gone', () => {
    expect(shown('none')).toEqual([['', ['c1', 'b1', 'a1']]]);
  });

  test('and the agents in them stand in the order in which people count', () => {
    const fleet = ['agent 10', 'agent 9', 'agent 100'].map((name) =>
      agent(name, 'online', { labels: [name] }),
    );
    expect(groupAgents(fleet, 'none')[0]?.agents.map(({ name }) => name)).toEqual([
      'agent 9',
      'agent 10',
      'agent 100',
    ]);
    expect(groupAgents(fleet, 'label').map(({ key }) => key)).toEqual(['agent 9', 'agent 10', 'agent 100']);
  });

  test('keep an agent in its place when it gets something to do', () => {
    const names = (condition: AgentCondition) =>
      groupAgents([agent('a', 'online'), agent('b', condition)], 'none')[0]?.agents.map(({ name }) => name);
    expect(names('busy')).toEqual(names('online'));
  });

  test('by capability hold an agent as often as it has capabilities', () => {
    expect(shown('capability')).toEqual([
      ['echo', ['b1', 'a1']],
      ['resize', ['c1', 'a1']],
    ]);
  });

  test('by label end with those that have none', () => {
    expect(shown('label')).toEqual([
      ['gpu', ['c1']],
      ['', ['b1', 'a1']],
    ]);
  });
});

test('a search finds by name, capability and label, and a state narrows it', () => {
  const found = (search: string, conditions: readonly AgentCondition[] | null = null) =>
    filterAgents(FLEET, { search, conditions }).map(({ name }) => name);
  expect(found(' RESIZE ')).toEqual(['a1', 'c1']);
  expect(found('gpu')).toEqual(['c1']);
  expect(found('resize', ['offline'])).toEqual(['a1']);
  expect(found('', ['busy'])).toEqual([]);
  expect(found('', ['stale', 'offline'])).toEqual(['a1', 'c1']);
});

test('one that fails its work stands before those that are well, and is found by that', () => {
  const sick = [...FLEET, agent('d1', 'failing')];
  expect(groupAgents(sick, 'none')[0]?.agents.map(({ name }) => name)).toEqual(['d1', 'c1', 'b1', 'a1']);
  expect(filterAgents(sick, { search: '', conditions: ['failing'] }).map(({ name }) => name)).toEqual(['d1']);
});

test('conditions are counted in their order, and those that nobody is in are left out', () => {
  expect(countConditions(FLEET)).toEqual([
    { condition: 'online', count: 1 },
    { condition: 'stale', count: 1 },
    { condition: 'offline', count: 1 },
  ]);
});
