import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Happening } from '#server/domain/engine/happenings.ts';
import type { AgentId } from '#server/domain/ids.ts';
import type { EngineChild } from './engine-child.ts';
import { createRig, type Rig } from './rig.ts';
import { until } from './until.ts';

let rig: Rig;
let engine: EngineChild;
const agentId = 'agent_0190000000007000800000000000f00d' as AgentId;
beforeEach(async () => {
  rig = await createRig();
  // A sign of life would be a revision of its own.
  engine = await rig.engine({ agentId, beatMs: 600_000 });
});
afterEach(() => rig[Symbol.asyncDispose]());

const HANGING = { stages: [{ key: 'only', type: 'hang', timeouts: { idleSeconds: 600 } }] };

const answer = (epoch: number, output: string, agent: AgentId = agentId): Happening => ({
  type: 'result',
  task: 0,
  epoch,
  agent,
  outcome: { status: 'succeeded', output },
});

async function rowsOf(runId: string) {
  const [run] =
    await rig.sql`SELECT revision, seq, status FROM runs WHERE id = ${runId.slice(4)}::text::uuid`;
  const tasks =
    await rig.sql`SELECT status, epoch, output, error FROM tasks WHERE run_id = ${runId.slice(4)}::text::uuid`;
  return { run, tasks };
}

describe('what an agent says with an old number, or of what is not its own', () => {
  test('F14 after its lease had gone to another is refused, and a success stays a success', async () => {
    const runId = await rig.start(engine, HANGING);
    // The heart stops: the hand-out is lost, and the next one goes out.
    await rig.sql`UPDATE tasks SET due_at = now() WHERE run_id = ${runId.slice(4)}::text::uuid`;
    await rig.sql`UPDATE runs SET wake_at = now(), revision = revision + 1 WHERE id = ${runId.slice(4)}::text::uuid`;
    await until('the second hand-out', async () => (await rig.tasks(runId))[0]?.epoch === 2);
    const before = await rowsOf(runId);
    const late: Happening = {
      ...answer(1, 'late'),
      outcome: { status: 'failed', error: { class: 'agent', code: 'LATE', message: 'too late' } },
    } as Happening;
    expect(await engine.tell(runId, late)).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
    expect(await rowsOf(runId)).toEqual(before);
    expect(await engine.tell(runId, answer(2, 'in time'))).toEqual({ ok: true });
    expect(await engine.tell(runId, late)).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
    expect(await rowsOf(runId)).toMatchObject({
      run: { status: 'succeeded' },
      tasks: [{ status: 'succeeded', output: 'in time' }],
    });
    await rig.expectSound();
  });

  test('F16 twice counts once, and of two different answers the first stands and the other is told so', async () => {
    const runId = await rig.start(engine, HANGING);
    expect(await engine.tell(runId, answer(1, 'first'))).toEqual({ ok: true });
    const before = await rowsOf(runId);
    expect(await engine.tell(runId, answer(1, 'first'))).toEqual({ ok: true, repeated: true });
    expect(await engine.tell(runId, answer(1, 'second'))).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
    expect(await rowsOf(runId)).toEqual(before);
    expect(before.tasks).toMatchObject([{ output: 'first' }]);
    await rig.expectSound();
  });

  test('F17 of a task that another holds, or of a run that does not exist, is refused', async () => {
    const runId = await rig.start(engine, HANGING);
    const stranger = rig.newAgentId();
    const before = await rowsOf(runId);
    expect(await engine.tell(runId, answer(1, 'stolen', stranger))).toMatchObject({
      ok: false,
      code: 'HELD_BY_ANOTHER',
    });
    expect(await engine.tell(runId, { type: 'beat', task: 0, epoch: 1, agent: stranger })).toMatchObject({
      ok: false,
      code: 'HELD_BY_ANOTHER',
    });
    expect(await engine.tell(runId, { type: 'release', task: 0, epoch: 1, agent: stranger })).toMatchObject({
      ok: false,
      code: 'HELD_BY_ANOTHER',
    });
    expect(await engine.tell(rig.newRunId(), answer(1, 'nowhere'))).toMatchObject({
      ok: false,
      code: 'NO_RUN',
    });
    expect(await rowsOf(runId)).toEqual(before);
    expect(await engine.tell(runId, answer(1, 'mine'))).toEqual({ ok: true });
    await rig.expectSound();
  });
});
