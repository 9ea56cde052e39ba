import { describe, expect, it, onTestFinished } from 'vitest';
import { AgentFailure, type AgentHandler } from '#server/agents/agent.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import { DEFAULT_ORG_ID, type RunId, taskId, toUuid } from '#server/domain/ids.ts';
import type { Report } from '#server/domain/messages.ts';
import { KEY } from '#server/redis/keys.ts';
import { eventually, type World } from './agent-world.ts';
import type { Say, Script, ScriptedAgent } from './scripted-agents.ts';

/** A world with agents of one transport in it. */
export interface Stage extends AsyncDisposable {
  world: World;
  agents: ScriptedAgent[];
  say: Say;
  /** The agent is gone without a word. In the engine's own process that is the end of the process. */
  vanish(agent: ScriptedAgent): Promise<void>;
}

export type OpenStage = (scripts: readonly Script[]) => Promise<Stage>;

const CAPABILITY = 'conformance';

/** Short enough to wait for its end, long enough for a busy machine to let a sign of life through. */
const SHORT_LEASE = { idleSeconds: 3, firstHeartbeatSeconds: 3 };

type StageInput = Partial<GraphInput['stages'][number]>;

function oneStage(more: StageInput = {}): GraphInput {
  return { stages: [{ key: 'work', type: CAPABILITY, ...more }] };
}

function script(handle: AgentHandler, more: Partial<Script> = {}): Script {
  return { name: 'worker', capability: CAPABILITY, concurrency: 4, handle, ...more };
}

/** A place where handlers wait until the test lets them go on. */
function makeGate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let entered = 0;
  return {
    entered: () => entered,
    open: resolve,
    async pass(): Promise<void> {
      entered += 1;
      await promise;
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

const answerOf = (runId: RunId, epoch: number, output: string): Report => ({
  type: 'succeeded',
  task_id: taskId(runId, 0),
  epoch,
  output,
});

async function lateAnswers(world: World, runId: RunId): Promise<number> {
  const [row] = await world.database.sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM late_answers WHERE run_id = ${toUuid(runId)}::text::uuid`;
  return row?.count ?? 0;
}

async function endedAttempts(world: World, runId: RunId): Promise<string[]> {
  const rows = await world.database.sql<{ ended: string }[]>`
    SELECT ended FROM attempts WHERE run_id = ${toUuid(runId)}::text::uuid ORDER BY epoch`;
  return rows.map((row) => row.ended);
}

/** What every transport promises, held to each of them alike on real services. */
export function describeAgentConformance(name: string, openStage: OpenStage): void {
  const open: OpenStage = async (scripts) => {
    const stage = await openStage(scripts);
    onTestFinished(() => stage[Symbol.asyncDispose]());
    return stage;
  };
  describe(`agents by ${name}`, () => {
    describeWork(open);
    describeStops(open);
    describeLeases(open);
    describeOrders(open);
  });
}

function describeWork(open: OpenStage): void {
  it('works through a chain and passes each output on', async () => {
    const stage = await open([
      script(async ({ input, config }) => ({ got: input, step: config.step ?? null })),
    ]);
    const { world } = stage;
    const step = (key: string, input: string) => ({ key, type: CAPABILITY, config: { step: key }, input });
    const run = await world.startRun(
      {
        stages: [
          step('one', 'input'),
          step('two', 'stages.one.output.step'),
          step('three', 'stages.two.output.step'),
        ],
        dependencies: [
          { from: 'one', to: 'two' },
          { from: 'two', to: 'three' },
        ],
      },
      { rows: [1, 2] },
    );
    expect(await world.untilOver(run)).toBe('succeeded');
    const tasks = await Promise.all([0, 1, 2].map((index) => world.task(run, index)));
    expect(tasks.map((task) => task?.output)).toEqual([
      { got: { rows: [1, 2] }, step: 'one' },
      { got: 'one', step: 'two' },
      { got: 'two', step: 'three' },
    ]);
    expect(tasks.map((task) => [task?.epoch, task?.attempt, task?.losses])).toEqual([
      [1, 1, 0],
      [1, 1, 0],
      [1, 1, 0],
    ]);
  });

  it('carries a failure with its class, code and text, and does not retry what cannot get better', async () => {
    const stage = await open([
      script(async () => {
        throw new AgentFailure('invalid-input', 'BAD_ROW', 'Row 7 has no price.', { row: 7 });
      }),
    ]);
    const run = await stage.world.startRun(oneStage({ retry: { maxAttempts: 3, initialSeconds: 0 } }));
    expect(await stage.world.untilOver(run)).toBe('failed');
    const error = {
      class: 'invalid-input',
      code: 'BAD_ROW',
      message: 'Row 7 has no price.',
      details: { row: 7 },
    };
    expect(await stage.world.task(run)).toMatchObject({ status: 'failed', attempt: 1, error });
  });

  it('tries again after a failure that may pass, and keeps each attempt', async () => {
    let calls = 0;
    const stage = await open([
      script(async () => {
        calls += 1;
        if (calls < 3) throw new Error(`no luck ${calls}`);
        return calls;
      }),
    ]);
    const run = await stage.world.startRun(oneStage({ retry: { maxAttempts: 3, initialSeconds: 0 } }));
    expect(await stage.world.untilOver(run)).toBe('succeeded');
    expect(await stage.world.task(run)).toMatchObject({ attempt: 3, epoch: 3, output: 3 });
    expect(await endedAttempts(stage.world, run)).toEqual(['failed', 'failed']);
  });

  it('brings progress, log lines and pieces of the answer, each once and fit to be stored', async () => {
    const gate = makeGate();
    const stage = await open([
      script(async (_assignment, context) => {
        context.log('info', 'begins', { rows: 3 });
        context.log('warn', 'a nul \0 inside');
        context.partial('a piece\n');
        context.partial(' of it');
        context.progress(0.5, 'half');
        await gate.pass();
        return null;
      }),
    ]);
    const { world } = stage;
    const run = await world.startRun(oneStage());
    await eventually(async () => expect((await world.task(run))?.progress).toBe(0.5));
    gate.open();
    await world.untilOver(run);
    const lines = await eventually(async () => {
      const rows = await world.database.sql`
        SELECT epoch, line, level, message, fields FROM task_stage_logs WHERE run_id = ${toUuid(run)}::text::uuid ORDER BY line`;
      expect(rows).toHaveLength(4);
      return rows;
    });
    expect(lines.map((line) => ({ ...line }))).toEqual([
      { epoch: 1, line: 0, level: 'info', message: 'begins', fields: { rows: 3 } },
      { epoch: 1, line: 1, level: 'warn', message: 'a nul \uFFFD inside', fields: null },
      { epoch: 1, line: 2, level: 'info', message: 'a piece\n', fields: { partial: true } },
      { epoch: 1, line: 3, level: 'info', message: ' of it', fields: { partial: true } },
    ]);
    const stream = await world.hot.readStream(KEY.runProgress(run), null, 100);
    expect(stream.map(({ fields }) => fields.type)).toEqual(expect.arrayContaining(['log', 'progress']));
    const again: Report = {
      type: 'log',
      task_id: taskId(run, 0),
      epoch: 1,
      line: 0,
      level: 'info',
      message: 'twice',
    };
    await stage.say(stage.agents[0] as ScriptedAgent, again);
    await stage.say(stage.agents[0] as ScriptedAgent, { ...again, line: 4, message: 'fifth' });
    await eventually(async () => {
      const rows = await world.database.sql`
        SELECT message FROM task_stage_logs WHERE run_id = ${toUuid(run)}::text::uuid ORDER BY line`;
      expect(rows.map((row) => row.message)).toEqual([
        'begins',
        'a nul \uFFFD inside',
        'a piece\n',
        ' of it',
        'fifth',
      ]);
    });
  });
}

function describeStops(open: OpenStage): void {
  it('tells the agent to stop when the run is cancelled, and ends the run when it has', async () => {
    let reason: unknown = null;
    let entered = 0;
    const stage = await open([
      script(async (_assignment, { signal }) => {
        entered += 1;
        await untilAborted(signal).catch((why) => {
          reason = why;
          throw why;
        });
        return null;
      }),
    ]);
    const run = await stage.world.startRun(oneStage());
    await eventually(async () => {
      expect(entered).toBe(1);
      expect((await stage.world.task(run))?.status).toBe('running');
    });
    expect(await stage.world.cancel(run)).toMatchObject({ ok: true });
    expect(await stage.world.untilOver(run)).toBe('cancelled');
    expect(reason).toBeInstanceOf(Error);
    expect(await stage.world.task(run)).toMatchObject({ status: 'cancelled', epoch: 1 });
  });

  it('ends an attempt that takes longer than its stage allows, and tells the agent', async () => {
    let stopped = 0;
    const stage = await open([
      script(async (_assignment, { signal }) => {
        await untilAborted(signal).catch(() => {
          stopped += 1;
        });
        return 'too late';
      }),
    ]);
    const run = await stage.world.startRun(oneStage({ timeouts: { stageSeconds: 0.8 } }));
    expect(await stage.world.untilOver(run)).toBe('failed');
    expect(await stage.world.task(run)).toMatchObject({ error: { class: 'timeout', code: 'STAGE_TIMEOUT' } });
    await eventually(() => expect(stopped).toBe(1));
  });
}

function describeLeases(open: OpenStage): void {
  it('keeps its lease for as long as it beats, however long the work takes', async () => {
    const gate = makeGate();
    const stage = await open([
      script(async () => {
        await gate.pass();
        return 'done';
      }),
    ]);
    const { world } = stage;
    const run = await world.startRun(oneStage({ timeouts: SHORT_LEASE }));
    const first = await eventually(async () => {
      const task = await world.task(run);
      expect(task?.status).toBe('running');
      return Date.parse(task?.due_at ?? '');
    });
    // Longer than one lease: without renewal it would have ended in between.
    await eventually(async () => {
      const now = Date.parse((await world.task(run))?.due_at ?? '');
      expect(now - first).toBeGreaterThan(1.2 * SHORT_LEASE.idleSeconds * 1000);
    });
    gate.open();
    expect(await world.untilOver(run)).toBe('succeeded');
    expect(await world.task(run)).toMatchObject({ epoch: 1, losses: 0, output: 'done' });
  });

  it('gives the work of an agent that vanished to another, and refuses what the first says later', async () => {
    const gate = makeGate();
    const seen: string[] = [];
    const make = (name: string): Script =>
      script(
        async ({ epoch }) => {
          seen.push(name);
          if (epoch === 1) await gate.pass();
          return `hand-out ${epoch}`;
        },
        { name },
      );
    const stage = await open([make('first'), make('second')]);
    const { world } = stage;
    const run = await world.startRun(oneStage({ timeouts: SHORT_LEASE }));
    const held = await eventually(async () => {
      const task = await world.task(run);
      expect(task?.status).toBe('running');
      expect(gate.entered()).toBe(1);
      return task;
    });
    const holder = stage.agents.find(({ id }) => toUuid(id) === held?.agent_id?.replaceAll('-', ''));
    expect(holder).toBeDefined();
    await stage.vanish(holder as ScriptedAgent);
    expect(await world.untilOver(run)).toBe('succeeded');
    expect(await world.task(run)).toMatchObject({ epoch: 2, attempt: 1, output: 'hand-out 2' });
    expect(await endedAttempts(world, run)).toHaveLength(1);
    expect(seen).toHaveLength(2);

    const late = answerOf(run, 1, 'from the grave');
    await stage.say(holder as ScriptedAgent, late);
    await eventually(async () => expect(await lateAnswers(world, run)).toBe(1));
    await stage.say(holder as ScriptedAgent, late);
    await stage.say(holder as ScriptedAgent, { ...late, output: 'another' } as Report);
    await eventually(async () => expect(await lateAnswers(world, run)).toBe(2));
    expect(await world.task(run)).toMatchObject({ epoch: 2, output: 'hand-out 2' });
    gate.open();
  });

  it('counts a doubled answer once', async () => {
    const stage = await open([script(async () => 'the answer')]);
    const { world } = stage;
    const run = await world.startRun(oneStage());
    await world.untilOver(run);
    const [agent] = stage.agents;
    await stage.say(agent as ScriptedAgent, answerOf(run, 1, 'the answer'));
    // What is said after it is heard after it: then the doubled one has been heard too.
    const line: Report = {
      type: 'log',
      task_id: taskId(run, 0),
      epoch: 1,
      line: 9,
      level: 'info',
      message: 'after',
    };
    await stage.say(agent as ScriptedAgent, line);
    await eventually(async () => {
      const rows = await world.database.sql`SELECT FROM task_stage_logs WHERE line = 9`;
      expect(rows).toHaveLength(1);
    });
    const events = await world.database.sql<{ type: string }[]>`
      SELECT e ->> 'type' AS type FROM run_events, json_array_elements(entries) AS e WHERE run_id = ${toUuid(run)}::text::uuid`;
    expect(events.filter(({ type }) => type === 'task.succeeded')).toHaveLength(1);
    expect(await world.task(run)).toMatchObject({ output: 'the answer', epoch: 1 });
    expect(await lateAnswers(world, run)).toBe(0);
  });
}

function describeOrders(open: OpenStage): void {
  it('lets a draining agent finish and gives it nothing more until it may serve again', async () => {
    const gate = makeGate();
    const stage = await open([
      script(async ({ input }) => {
        if (input === 'held') await gate.pass();
        return input;
      }),
    ]);
    const { world } = stage;
    const { registry, fleet } = world.program().agents;
    const [agent] = stage.agents;
    const id = (agent as ScriptedAgent).id;
    const held = await world.startRun(oneStage({ input: 'input' }), 'held');
    await eventually(async () => expect((await world.task(held))?.status).toBe('running'));
    await registry.order(DEFAULT_ORG_ID, id, { state: 'draining', reason: 'new version' });
    await eventually(() =>
      expect(fleet.now().find(({ record }) => record.id === id)?.state).toBe('draining'),
    );

    const next = await world.startRun(oneStage({ input: 'input' }), 'next');
    await eventually(async () =>
      expect(await world.task(next)).toMatchObject({ status: 'ready', wait: { code: 'no-agent' } }),
    );
    gate.open();
    expect(await world.untilOver(held)).toBe('succeeded');
    expect((await world.task(next))?.status).toBe('ready');

    await registry.order(DEFAULT_ORG_ID, id, { state: null, reason: '' });
    expect(await world.untilOver(next)).toBe('succeeded');
    expect(await world.task(next)).toMatchObject({ output: 'next', attempt: 1 });
  });
}
