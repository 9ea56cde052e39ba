import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PausePoint } from '#server/coordinator/pause-points.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import { prepareEngine } from './engine-child.ts';
import { countRepeatedHandOuts, openGate } from './ledger.ts';
import { createRandom } from './random-graphs.ts';
import { createRig, type Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** Layers of equal width; each stage follows two of the layer before. */
function layers(depth: number, width: number): GraphInput {
  const at = (layer: number, place: number) => `l${layer}p${place % width}`;
  const places = Array.from({ length: depth * width }, (_, n) => [Math.floor(n / width), n % width] as const);
  return {
    stages: places.map(([layer, place]) => ({ key: at(layer, place), type: 'ledger', input: 'null' })),
    dependencies: places
      .filter(([layer]) => layer > 0)
      .flatMap(([layer, place]) => [
        { from: at(layer - 1, place), to: at(layer, place) },
        { from: at(layer - 1, place + 1), to: at(layer, place) },
      ]),
  };
}

const KILLS = 50;
/** Each engine commits twice at most, and its first commit brings no result: no two stages of different layers are done in one life. */
const DEPTH = 100;
const POINTS: PausePoint[] = ['before-commit', 'after-commit'];

describe('a coordinator that ends', () => {
  test('F07 fifty times at random places carries a run of 200 stages to its end, each stage once', async () => {
    const agentId = rig.newAgentId();
    const random = createRandom(7);
    const order = await rig.order(layers(DEPTH, 2));
    let next = prepareEngine();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const { engine, boot } = next;
      next = prepareEngine();
      const point = POINTS[Math.floor(random() * POINTS.length)] ?? 'after-commit';
      // Known to the engine before its first step, so that it cannot have done more by then than a slow machine lets it.
      const killAt = { point, nth: 1 + Math.floor(random() * 2) };
      const born = await rig.status(order.runId);
      void boot(rig.boot({ agentId, killAt }))
        .then((booted) => (born === null ? rig.startOnce(booted, order) : null))
        .catch(() => undefined);
      await engine.killed();
    }
    expect(await rig.status(order.runId)).toBe('running');
    await using last = await next.boot(rig.boot({ agentId }));
    expect(await rig.startOnce(last, order)).toBe(order.runId);
    expect(await rig.ended(order.runId)).toBe('succeeded');
    const tasks = await rig.tasks(order.runId);
    expect(tasks).toHaveLength(200);
    expect(new Set(tasks.map((task) => `${task.status} ${task.attempt} ${task.losses}`))).toEqual(
      new Set(['succeeded 1 0']),
    );
    expect(await countRepeatedHandOuts(rig.sql)).toBe(0);
    await rig.expectSound();
    // Fifty starts of a process, one after the other; each has a limit of its own.
  }, 900_000);

  test('F08 in good order under load gives back what it cannot finish, charges nobody, and loses nothing', async () => {
    const [leaving, staying] = [rig.newAgentId(), rig.newAgentId()];
    const first = await rig.engine({ agentId: leaving, graceMs: 300 });
    await using second = await rig.engine({ agentId: staying });
    const runs = await rig.load(first, 40, 8);
    const long = { key: 'long', type: 'gate' };
    const deaf = { key: 'deaf', type: 'hang', timeouts: { stageSeconds: 3 }, required: false };
    const held = await rig.start(first, { stages: [long, deaf] });
    expect(await first.terminate()).toBe(0);
    const stillHeld = await rig.sql`SELECT FROM tasks
      WHERE status IN ('queued', 'running') AND agent_id = ${leaving.slice(6)}::text::uuid`;
    expect(stillHeld).toEqual([]);
    await openGate(rig.sql, held);
    // As the registry tells the others when an agent has left.
    await second.adopt([leaving]);
    await rig.allEnded();
    for (const runId of [...runs, held]) {
      for (const task of await rig.tasks(runId)) expect(task.losses).toBe(0);
    }
    const [released] = await rig.tasks(held);
    expect(released).toMatchObject({ status: 'succeeded', attempt: 1, epoch: 2 });
    expect(await countRepeatedHandOuts(rig.sql)).toBe(0);
    await rig.expectSound();
  });
});
