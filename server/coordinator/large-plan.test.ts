import { describe, expect, test } from 'vitest';
import { ENGINE_DEFAULTS } from '#server/domain/engine/happenings.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import type { Hands } from '#server/domain/hands.ts';
import type { Json } from '#server/domain/json.ts';
import { PAYLOAD_NAME } from '#server/domain/payload-ref.ts';
import { makeGraph, makeUnborn } from '#server/testing/engine/drive-run.ts';
import type { Unit } from './intake.ts';
import type { AtHand } from './needs.ts';
import { planBatch } from './plan.ts';
import { createSlotBook } from './slots.ts';

/** Agents that take everything from one queue. */
const HANDS: Hands = {
  place: () => ({ kind: 'queue', queue: 'echo.task' }),
  serves: () => true,
  settled: () => undefined,
  unqueued: () => undefined,
  deliver: () => undefined,
  stop: () => undefined,
  room: () => 1,
  hasSeats: () => false,
  freshen: async () => undefined,
  takeFreed: () => [],
};

function planStart(graph: GraphInput, input: Json, atHand?: AtHand) {
  const run = makeUnborn(makeGraph(graph), null, input);
  const unit: Unit = {
    entries: [{ runId: run.id, happening: { type: 'start' }, reply: () => undefined }],
    atHand,
    fail: () => undefined,
  };
  const context = {
    ...{ turn: 1, now: 1, random: () => 0, defaults: ENGINE_DEFAULTS, hands: HANDS },
    ...{ slots: createSlotBook(() => 1), quota: null, isAwaited: () => false },
    large: { inlineMaxBytes: 1000, maxBytes: 1_000_000 },
  };
  return { run, plan: planBatch([unit], new Map([[run.id, run]]), context) };
}

const REF = {
  $object: 'a'.repeat(64),
  bytes: 5000,
  contentType: 'application/json',
  name: PAYLOAD_NAME,
};
const DOUBLED: GraphInput = { stages: [{ key: 'a', type: 'echo', input: '[input.text, input.text]' }] };
const INPUT = { text: 'x'.repeat(800) };
const TEXT = JSON.stringify([INPUT.text, INPUT.text]);

describe('the plan of a batch', () => {
  test('asks for an input to be stored that is too large for a message', () => {
    const { run, plan } = planStart(DOUBLED, INPUT);
    expect([...plan.needs]).toEqual([[run.id, { orgId: run.orgId, refs: [], texts: [TEXT] }]]);
  });

  test('sends the reference once it is stored, in a small message', () => {
    const stored = new Map([[TEXT, REF]]);
    const atHand = { values: new Map(), refs: [], stored, letGo: () => undefined };
    const { plan } = planStart(DOUBLED, INPUT, atHand);
    expect(plan.needs.size).toBe(0);
    expect(plan.messages[0]?.body.length).toBeLessThan(1000);
    expect(JSON.parse(plan.messages[0]?.body ?? '')).toMatchObject({ tasks: [{ input: REF }] });
  });

  test('asks for what must be opened, and gives back what was reserved for it', () => {
    const graph: GraphInput = { stages: [{ key: 'a', type: 'echo', input: 'input.text' }] };
    const { run, plan } = planStart(graph, REF);
    expect([...plan.needs]).toEqual([[run.id, { orgId: run.orgId, refs: [REF], texts: [] }]]);
    expect(plan.runs).toEqual([]);
  });

  test('leaves a large configuration in its message: it is no payload', () => {
    const graph: GraphInput = { stages: [{ key: 'a', type: 'echo', config: { text: 'x'.repeat(5000) } }] };
    const { plan } = planStart(graph, { small: true });
    expect(plan.needs.size).toBe(0);
    expect(plan.messages).toHaveLength(1);
  });
});
