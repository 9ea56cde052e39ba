import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Broker } from '#server/broker/port.ts';
import { RESPONSE_QUEUE } from '#server/broker/topology.ts';
import { DEFAULT_ORG_ID, type OrgId, type RunId, taskId, toUuid } from '#server/domain/ids.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { createPipeline } from './pipeline/create.ts';
import {
  discardDeadLetter,
  listDeadLetters,
  readDeadLetter,
  replayDeadLetter,
} from './queue/dead-letters.ts';
import { replayAllDeadLetters } from './queue/replay-all.ts';
import { getRun } from './run/get.ts';
import { startRun } from './run/start.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
beforeEach(async () => {
  program = await startTestApp();
});
afterEach(() => program[Symbol.asyncDispose]());

const PATIENCE = { timeout: 60_000, interval: 30 };
const untilOver = (id: RunId) =>
  vi.waitFor(async () => {
    const run = await getRun(...at(), { id });
    expect(isRunOver(run.status)).toBe(true);
    return run;
  }, PATIENCE);

/** An agent that comes for one task, and is not heard of again unless it answers. */
async function claimOne(name: string) {
  const { registry, pull } = program.services.agents;
  const registration = { name, transport: 'pull' as const, capabilities: [{ name: 'deadly' }] };
  const { id, generation } = await registry.register(DEFAULT_ORG_ID, registration);
  const me = { agentId: id, generation };
  const { tasks } = await pull.claim(me, { max: 1, inFlight: 0, waitMs: 30_000 });
  const [task] = tasks;
  if (!task) throw new Error('nothing to claim');
  return {
    task,
    answer: () =>
      pull.report(me, [{ type: 'succeeded', task_id: task.task_id, epoch: task.epoch, output: 'survived' }]),
  };
}

const before = { key: 'before', type: 'echo', input: '"kept"' };
const deadly = { key: 'deadly', type: 'deadly' };
const after = { key: 'after', type: 'echo' };

/** A run whose second stage has lost two agents and is about to lose the third. */
async function poison(): Promise<RunId> {
  const document = {
    stages: [before, deadly, after],
    dependencies: [
      { from: 'before', to: 'deadly' },
      { from: 'deadly', to: 'after' },
    ],
  };
  const { id: pipelineId } = await createPipeline(...at(), { name: 'deadly', document, publish: true });
  const { run } = await startRun(...at(), { pipelineId });
  await claimOne('victim');
  const { sql } = program.database;
  await sql`UPDATE tasks SET losses = 2, epoch = 3, due_at = now() WHERE run_id = ${toUuid(run.id)}::text::uuid AND idx = 1`;
  await sql`UPDATE runs SET wake_at = now(), revision = revision + 1 WHERE id = ${toUuid(run.id)}::text::uuid`;
  expect((await untilOver(run.id)).error).toMatchObject({ code: 'POISON' });
  return run.id;
}

describe('a task that every agent died of', () => {
  test('is listed with its run, and replaying it starts one run from its stage on', async () => {
    const source = await poison();
    const [letter, ...more] = (await listDeadLetters(...at(), {})).items;
    expect(more).toEqual([]);
    expect(letter).toMatchObject({
      runId: source,
      taskId: taskId(source, 1),
      queue: 'deadly',
      reason: expect.stringContaining('vanished'),
    });
    expect(JSON.parse(Buffer.from(letter?.body ?? []).toString())).toMatchObject({
      stage: 'deadly',
      epoch: 3,
    });

    const id = letter?.id ?? '';
    const replays = await Promise.allSettled([
      replayDeadLetter(...at(), { id }),
      replayDeadLetter(...at(), { id }),
    ]);
    const runs = replays.flatMap((each) => (each.status === 'fulfilled' ? [each.value.runId] : []));
    const [again] = runs as RunId[];
    expect(new Set(runs)).toEqual(new Set([again]));
    expect((await listDeadLetters(...at(), {})).items).toEqual([]);
    await expect(replayDeadLetter(...at(), { id })).rejects.toMatchObject({ code: 'NOT_FOUND' });

    const { answer } = await claimOne('survivor');
    await answer();
    const run = await untilOver(again as RunId);
    expect(run).toMatchObject({ status: 'succeeded', replayOf: source, replayFrom: 'deadly' });
    expect(run.tasks.map((task) => [task.attempt, task.output])).toEqual([
      [0, 'kept'],
      [1, 'survived'],
      [1, 'survived'],
    ]);
  });

  test('is replayed once for one key, which is told of the same run again', async () => {
    await poison();
    const [letter] = (await listDeadLetters(...at(), {})).items;
    const asked = { id: letter?.id ?? '', idempotencyKey: 'the answer may be lost' };
    const answers = await Promise.all([replayDeadLetter(...at(), asked), replayDeadLetter(...at(), asked)]);
    answers.push(await replayDeadLetter(...at(), asked));
    expect(answers[0]?.runId).toMatch(/^run_/);
    expect(new Set(answers.map(({ runId }) => runId)).size).toBe(1);
    await expect(replayDeadLetter(...at(), { ...asked, id: 'another' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('is closed with a reason, once, and by nobody of another tenant', async () => {
    await poison();
    const [letter] = (await listDeadLetters(...at(), {})).items;
    const id = letter?.id ?? '';
    const stranger = { ...program.actor, orgId: 'org_00000000000070008000000000000002' as OrgId };
    expect((await listDeadLetters(program.services, stranger, {})).items).toEqual([]);
    const missing = { code: 'NOT_FOUND' };
    await expect(discardDeadLetter(program.services, stranger, { id, reason: 'x' })).rejects.toMatchObject(
      missing,
    );
    await expect(replayDeadLetter(program.services, stranger, { id })).rejects.toMatchObject(missing);
    await expect(discardDeadLetter(...at(), { id, reason: ' ' })).rejects.toMatchObject({ code: 'INVALID' });

    await discardDeadLetter(...at(), { id, reason: 'the file is broken' });
    expect((await listDeadLetters(...at(), {})).items).toEqual([]);
    await expect(discardDeadLetter(...at(), { id, reason: 'again' })).rejects.toMatchObject(missing);
    const [row] = await program.database
      .sql`SELECT closed_how, closed_at IS NOT NULL AS closed FROM dead_letters`;
    expect(row).toEqual({ closed_how: 'discarded: the file is broken', closed: true });
  });
});

/** Messages that nobody can read: the queue of reports sets them aside. */
async function killMessages(bodies: readonly string[]): Promise<void> {
  const broker = program.services.queues as Broker;
  const messages = bodies.map((body, at) => ({
    ...{ queue: RESPONSE_QUEUE, priority: 'medium' as const, messageId: `dead ${at}`, body },
  }));
  await broker.publish(messages);
  await vi.waitFor(
    async () => expect((await listDeadLetters(...at(), {})).items).toHaveLength(bodies.length),
    PATIENCE,
  );
}

describe('dead messages', () => {
  test('are looked into without what is named like a secret, and stay', async () => {
    await killMessages(['{"version":1,"token":"t-1","note":"shown"}']);
    const [letter] = (await listDeadLetters(...at(), {})).items;
    const id = letter?.id ?? '';
    const { peek } = await readDeadLetter(...at(), { id });
    expect(JSON.parse(peek?.text ?? '')).toEqual({ version: 1, token: '[hidden]', note: 'shown' });
    const keyWithoutPayloads = { ...program.actor, kind: 'key' as const, scopes: ['ops:write' as const] };
    expect(await readDeadLetter(program.services, keyWithoutPayloads, { id })).toMatchObject({ peek: null });
    const stranger = { ...program.actor, orgId: 'org_00000000000070008000000000000002' as OrgId };
    await expect(readDeadLetter(program.services, stranger, { id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await listDeadLetters(...at(), {})).items).toHaveLength(1);
  });

  test('go back once for one key, which is answered again', async () => {
    await killMessages(['{']);
    const [letter] = (await listDeadLetters(...at(), {})).items;
    const asked = { id: letter?.id ?? '', idempotencyKey: 'one message' };
    expect(await replayDeadLetter(...at(), asked)).toEqual({ runId: null });
    expect(await replayDeadLetter(...at(), asked)).toEqual({ runId: null });
    const [row] = await program.database
      .sql`SELECT count(*)::int AS times FROM audit_entries WHERE action = 'dead-letter.replayed'`;
    expect(row?.times).toBe(1);
  });

  test('are all tried again once, though they die again, and so is a task beside them', async () => {
    await killMessages(['{', '[', '"']);
    const source = await poison();
    let [replayed, cursor]: [number, string | null] = [0, ''];
    let calls = 0;
    while (cursor !== null) {
      const answer = await replayAllDeadLetters(...at(), cursor === '' ? {} : { cursor });
      expect(answer.refused).toEqual([]);
      replayed += answer.replayed;
      cursor = answer.nextCursor;
      calls += 1;
    }
    expect(replayed).toBe(4);
    expect(calls).toBe(3);
    await vi.waitFor(
      async () => expect((await listDeadLetters(...at(), {})).items).toHaveLength(3),
      PATIENCE,
    );
    const { answer } = await claimOne('survivor');
    await answer();
    const [row] = await program.database
      .sql`SELECT closed_how FROM dead_letters WHERE run_id = ${toUuid(source)}::text::uuid`;
    expect(row?.closed_how).toMatch(/^replayed: run_/);
  });
});
