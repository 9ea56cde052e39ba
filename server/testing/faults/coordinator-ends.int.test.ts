import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PausePoint } from '#server/coordinator/pause-points.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import { type EngineChild, prepareEngine } from './engine-child.ts';
import { countRepeatedHandOuts } from './ledger.ts';
import { createRandom } from './random-graphs.ts';
import { createRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

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
const POINTS: PausePoint[] = ['before-commit', 'after-commit'];

describe('a coordinator that ends', () => {
  test('F07 fifty times at random places carries a run of 200 stages to its end, each stage once', async () => {
    const agentId = rig.newAgentId();
    const random = createRandom(7);
    const order = { versionId: await rig.version(layers(40, 5)), key: 'F07', runId: rig.newRunId() };
    let next = prepareEngine();
    let engine: EngineChild | null = null;
    let kills = 0;
    let isStarted = false;
    while (kills < KILLS) {
      engine = await next.boot(rig.boot({ agentId, maxConcurrency: 5 }));
      next = prepareEngine();
      const point = POINTS[Math.floor(random() * POINTS.length)] ?? 'after-commit';
      await engine.killAt(point, 1 + Math.floor(random() * 2)).catch(() => undefined);
      if (!isStarted) isStarted = (await rig.startOnce(engine, order)) !== null;
      else await engine.tell(order.runId, { type: 'tick', full: true }).catch(() => undefined);
      await engine.exited;
      kills += 1;
      if ((await rig.status(order.runId)) === 'succeeded') break;
    }
    expect(kills).toBe(KILLS);
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
  }, 120_000);

  test('F08 in good order under load gives back what it cannot finish, charges nobody, and loses nothing', async () => {
    const [leaving, staying] = [rig.newAgentId(), rig.newAgentId()];
    const first = await rig.engine({ agentId: leaving, graceMs: 300 });
    await using second = await rig.engine({ agentId: staying });
    const runs = await rig.load(first, 40, 8);
    const long = { key: 'long', type: 'sleep', config: { ms: 3000 } };
    const deaf = { key: 'deaf', type: 'hang', timeouts: { stageSeconds: 3 }, required: false };
    const held = await rig.start(first, { stages: [long, deaf] });
    expect(await first.terminate()).toBe(0);
    const stillHeld = await rig.sql`SELECT FROM tasks
      WHERE status IN ('queued', 'running') AND agent_id = ${leaving.slice(6)}::text::uuid`;
    expect(stillHeld).toEqual([]);
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
  }, 60_000);
});
