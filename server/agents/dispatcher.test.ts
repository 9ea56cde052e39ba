import { expect, test } from 'vitest';
import type { Offer } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import { taskId } from '#server/domain/ids.ts';
import { agentNumber, makeGraph, makeUnborn } from '#server/testing/engine/drive-run.ts';
import { createDispatcher, type FleetEntry } from './dispatcher.ts';
import { queueNamesFor } from './queues.ts';

const STAGES = 100;
const keys = Array.from({ length: STAGES }, (_, at) => `s${at}`);
const run = makeUnborn(
  makeGraph({ stages: keys.map((key) => ({ key, type: 'echo', agent: { requireLabels: ['eu'] } })) }),
  null,
  null,
);
const { orgId } = run as RunState;

const agent = (number: number, more: Partial<FleetEntry> = {}): FleetEntry => ({
  ...{ id: agentNumber(number), orgId, name: `agent ${number}`, transport: 'amqp', state: 'online' },
  ...{ capabilities: new Set(['echo']), labels: new Set(['eu']) },
  ...{ maxConcurrency: 10, failureShare: 0, latencyMs: number },
  ...more,
});
const offer = (task: number): Offer => ({
  ...{ task, taskId: taskId(run.id, task), waitsSince: 0, attempt: 1, lastAgent: null },
});
const own = (number: number) => queueNamesFor(orgId).own('amqp', agentNumber(number));

function makeDispatcher(...fleet: FleetEntry[]) {
  const dispatcher = createDispatcher({ queuesFor: queueNamesFor, carriers: {}, onRoom: () => undefined });
  dispatcher.setFleet(fleet);
  const placeAll = () => {
    const counts = new Map<string, number>();
    for (const task of keys.keys()) {
      const placement = dispatcher.place(run, offer(task));
      if (placement.kind !== 'queue') throw new Error(placement.kind);
      counts.set(placement.queue, (counts.get(placement.queue) ?? 0) + 1);
    }
    return counts;
  };
  return { dispatcher, placeAll };
}

test('what only some may take is spread over their queues, by their size', () => {
  const { placeAll } = makeDispatcher(agent(1), agent(2), agent(3, { maxConcurrency: 20 }));
  const counts = placeAll();
  expect(counts.get(own(1))).toBeCloseTo(25, -1);
  expect(counts.get(own(2))).toBeCloseTo(25, -1);
  expect(counts.get(own(3))).toBeCloseTo(50, -1);
});

test('placed again, a task stands in one line; ended or given back, in none', () => {
  const { dispatcher, placeAll } = makeDispatcher(agent(1), agent(2));
  placeAll();
  const counts = placeAll();
  expect([...counts.values()].reduce((sum, each) => sum + each)).toBe(STAGES);
  expect(Math.abs((counts.get(own(1)) ?? 0) - (counts.get(own(2)) ?? 0))).toBeLessThan(4);
  // All of one agent end, so that all that comes next goes to it for a while.
  for (const task of keys.keys()) {
    if (task % 2 === 0) dispatcher.unqueued(taskId(run.id, task));
    else dispatcher.settled(taskId(run.id, task), agentNumber(1));
  }
  expect(dispatcher.place(run, offer(0))).toMatchObject({ queue: own(1) });
  expect(dispatcher.place(run, offer(1))).toMatchObject({ queue: own(2) });
});

test('a queue is served by who looks there and takes new work', () => {
  const { dispatcher } = makeDispatcher(agent(1), agent(2));
  expect(dispatcher.serves(run, 0, own(1))).toBe(true);
  dispatcher.setFleet([agent(1, { state: 'offline' }), agent(2)]);
  expect(dispatcher.serves(run, 0, own(1))).toBe(false);
  expect(dispatcher.place(run, { ...offer(0), isOut: true })).toMatchObject({ queue: own(2) });
});
