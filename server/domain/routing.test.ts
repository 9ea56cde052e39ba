import { describe, expect, test } from 'vitest';
import { agentNumber } from '#server/testing/engine/drive-run.ts';
import type { Offer } from './engine/happenings.ts';
import { type GraphInput, stageSchema } from './graph/schema.ts';
import { makeId, taskId } from './ids.ts';
import { type AgentView, isServed, type QueueNames, routeTask, whyNotAble } from './routing.ts';

const QUEUES: QueueNames = {
  shared: (transport, capability) => `${transport} ${capability}`,
  own: (transport, agent) => `${transport} of ${agent.slice(-1)}`,
};
const OFFER: Offer = {
  task: 0,
  taskId: taskId(makeId('run', '1'.padStart(32, '0')), 0),
  waitsSince: 0,
  attempt: 1,
  lastAgent: null,
};

const stage = (agent: GraphInput['stages'][number]['agent'] = {}) =>
  stageSchema.parse({ key: 'a', type: 'echo', agent });
const agent = (number: number, more: Partial<AgentView> = {}): AgentView => ({
  id: agentNumber(number),
  name: `agent ${number}`,
  transport: 'local',
  capabilities: new Set(['echo']),
  labels: new Set(),
  state: 'online',
  ...{ inFlight: 0, inLine: 0, maxConcurrency: 10, failureShare: 0, latencyMs: null },
  ...more,
});
const labels = (...words: string[]) => ({ labels: new Set(words) });
const route = (asked: ReturnType<typeof stage>, agents: AgentView[], offer: Partial<Offer> = {}) =>
  routeTask(asked, { ...OFFER, ...offer }, agents, QUEUES);
const startsAt = (number: number) => expect.objectContaining({ kind: 'start', agent: agentNumber(number) });

describe('who may take a stage', () => {
  test.each([
    ['another capability', {}, { capabilities: new Set(['sleep']) }, 'does not offer echo'],
    ['a capability beside it', { requireCapabilities: ['gpu'] }, {}, 'does not offer gpu'],
    ['a label', { requireLabels: ['eu', 'fast'] }, labels('eu'), 'has no label fast'],
    ['a name', { pinned: 'agent 2' }, {}, 'another agent is pinned'],
    ['nothing that is missing', { requireLabels: ['eu'], pinned: 'agent 1' }, labels('eu'), null],
  ])('%s', (_, asked, is, why) => {
    expect(whyNotAble(stage(asked), agent(1, is))).toBe(why);
  });

  test.each(['draining', 'paused', 'stale', 'offline', 'quarantined'] as const)(
    'nobody who is %s',
    (state) => {
      const away = { kind: 'wait', wait: { code: 'no-agent', blockers: ['agent 1'], ids: [agent(1).id] } };
      expect(route(stage(), [agent(1, { state })])).toEqual(away);
      expect(route(stage(), [agent(1, { state }), agent(2)])).toEqual(startsAt(2));
    },
  );

  test('nobody at all: the capability is what is missing', () => {
    const placement = route(stage(), [agent(1, { capabilities: new Set() })]);
    expect(placement).toEqual({ kind: 'wait', wait: { code: 'no-agent', blockers: ['echo'] } });
  });
});

describe('who is best', () => {
  test.each([
    ['has what is preferred', { prefer: [{ label: 'eu', weight: 1 }] }, {}, labels('eu')],
    [
      'offers what is preferred',
      { prefer: [{ capability: 'gpu', weight: 1 }] },
      {},
      { capabilities: new Set(['echo', 'gpu']) },
    ],
    [
      'has what weighs more',
      {
        prefer: [
          { label: 'eu', weight: 1 },
          { label: 'fast', weight: 2 },
        ],
      },
      labels('eu'),
      labels('fast'),
    ],
    ['has less to do', {}, { inFlight: 5 }, { inFlight: 4 }],
    [
      'has less to do for its size',
      {},
      { inFlight: 5, maxConcurrency: 10 },
      { inFlight: 5, maxConcurrency: 20 },
    ],
    ['has the shorter line', {}, { inLine: 3 }, { inLine: 2 }],
    ['fails less', {}, { failureShare: 0.5 }, { failureShare: 0.1 }],
    ['is quicker', {}, { latencyMs: 30_000 }, { latencyMs: 100 }],
    ['has room', {}, { inFlight: 10 }, { inFlight: 9, failureShare: 1 }],
  ])('the one that %s', (_, asked, one, other) => {
    expect(route(stage(asked), [agent(1, one), agent(2, other)])).toEqual(startsAt(2));
    expect(route(stage(asked), [agent(2, other), agent(1, one)])).toEqual(startsAt(2));
  });

  test('another than the one that vanished with it', () => {
    expect(route(stage(), [agent(1), agent(2)], { lastAgent: agentNumber(1) })).toEqual(startsAt(2));
  });

  test('a wish outweighs load, until the line there is long', () => {
    const asked = stage({ prefer: [{ label: 'eu', weight: 1 }] });
    const wished = (inLine: number) => agent(1, { ...labels('eu'), transport: 'amqp', inLine });
    const other = agent(2, { transport: 'amqp' });
    expect(route(asked, [wished(10), other])).toMatchObject({ queue: 'amqp of 1' });
    expect(route(asked, [wished(30), other])).toMatchObject({ queue: 'amqp of 2' });
  });

  test('when all are full, they are named', () => {
    const full = [agent(1, { inFlight: 10 }), agent(2, { inFlight: 10 })];
    expect(route(stage(), full)).toEqual({
      kind: 'wait',
      wait: { code: 'agents-full', blockers: ['agent 1', 'agent 2'], ids: full.map(({ id }) => id) },
    });
  });
});

describe('by way of queues', () => {
  const [one, two] = [agent(1, { transport: 'amqp', ...labels('eu') }), agent(2, { transport: 'amqp' })];

  test('whoever is free first, where anybody would do', () => {
    expect(route(stage(), [one, two])).toEqual({
      ...{ kind: 'queue', queue: 'amqp echo' },
      routing: { reason: 'whoever of 2 is free first' },
    });
  });

  test('only the chosen one, where somebody is asked for', () => {
    expect(route(stage({ requireLabels: ['eu'] }), [two, one])).toEqual({
      ...{ kind: 'queue', queue: 'amqp of 1', agent: agentNumber(1) },
      routing: {
        reason: 'best of 1: 0/10 busy',
        rejected: [{ agent: 'agent 2', reason: 'has no label eu' }],
      },
    });
  });

  test('served as long as one that may take it, and takes new work, looks there', () => {
    const served = (agents: AgentView[], queue: string, asked = stage()) =>
      isServed(asked, queue, { agents, queues: QUEUES });
    expect(served([one], 'amqp of 1')).toBe(true);
    expect(served([two], 'amqp echo')).toBe(true);
    expect(served([two], 'amqp of 1')).toBe(false);
    expect(served([{ ...one, state: 'busy' }], 'amqp of 1')).toBe(true);
    expect(served([{ ...one, state: 'paused' }], 'amqp of 1')).toBe(false);
    expect(served([one], 'amqp of 1', stage({ requireLabels: ['us'] }))).toBe(false);
    expect(served([agent(1)], 'local echo')).toBe(false);
    expect(served([agent(1, { transport: 'pull' })], 'amqp echo')).toBe(false);
  });
});

test('a decision says why, and who was passed over', () => {
  const others = [
    agent(2, { inFlight: 9 }),
    agent(3, { inFlight: 10 }),
    agent(4, { capabilities: new Set() }),
  ];
  expect(route(stage(), [agent(1, { inFlight: 3 }), ...others])).toEqual({
    ...{ kind: 'start', agent: agentNumber(1) },
    routing: {
      reason: 'best of 2: 3/10 busy',
      rejected: [
        { agent: 'agent 4', reason: 'does not offer echo' },
        { agent: 'agent 2', reason: 'scored lower' },
        { agent: 'agent 3', reason: 'full' },
      ],
    },
  });
  expect(route(stage(), [agent(1)])).toEqual({ kind: 'start', agent: agentNumber(1) });
});

test('agents that could do it and take nothing just now are among those passed over, with what they are', () => {
  const others = (['quarantined', 'draining', 'offline'] as const).map((state, at) =>
    agent(at + 2, { state }),
  );
  expect(route(stage(), [agent(1), ...others])).toMatchObject({
    ...{ kind: 'start', agent: agentNumber(1) },
    routing: {
      rejected: [
        { agent: 'agent 2', reason: 'quarantined' },
        { agent: 'agent 3', reason: 'draining' },
        { agent: 'agent 4', reason: 'offline' },
      ],
    },
  });
});
