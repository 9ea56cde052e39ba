import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { audit } from '#server/auditor/audit.ts';
import { makeId, parseTaskId, toUuid } from '#server/domain/ids.ts';
import { registerAgent } from '#server/services/agent/register.ts';
import { listQueues } from '#server/services/queue/list.ts';
import { getTask } from '#server/services/task/get.ts';
import { submitTask } from '#server/services/task/submit.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';

let http: TestServer;
const call = (path: string, body?: object) => http.call(`/api/v1${path}`, body);

beforeEach(async () => {
  http = await startTestServer({ SIGNALBOX_PAYLOAD_MAX: '1MiB' });
});
afterEach(() => http[Symbol.asyncDispose]());

const REGISTRATION = {
  name: 'agent-name',
  type: 'worker',
  capabilities: ['task-execution', 'data-processing'],
  resources: { cpu: 4, memory: '8GB', gpu: true },
};

describe('an agent that comes for its work over HTTP', () => {
  test('registers, is listed, claims a task, tells of it and answers, and the caller reads the result', async () => {
    const registered = await call('/agents/register', REGISTRATION);
    expect(registered.status).toBe(201);
    const { agent_id: id, generation } = registered.body;
    await call(`/agents/${id}/heartbeat`, { generation, beat: { in_flight: 0 } });

    const submitted = await call('/tasks', {
      type: 'task-execution',
      payload: { say: 'hello' },
      retry_count: 3,
    });
    expect(submitted.status).toBe(202);
    const taskId = submitted.body.task_id;

    const claimed = await call(`/agents/${id}/claim`, { generation, max: 5, wait_ms: 20_000 });
    expect(claimed.body.tasks).toMatchObject([{ task_id: taskId, input: { say: 'hello' }, attempt: 1 }]);
    const reported = { task_id: taskId, epoch: claimed.body.tasks[0].epoch };
    expect((await call(`/tasks/${taskId}`)).body).toMatchObject({ status: 'running', assigned_agent: id });

    const beat = { type: 'beat', ...reported, progress: 0.5 };
    const log = { type: 'log', ...reported, line: 0, message: 'Task started' };
    expect(
      (await call(`/agents/${id}/reports`, { generation, reports: [log, beat] })).body.answers,
    ).toMatchObject([{ status: 'ok' }, { status: 'ok' }]);
    const answer = { type: 'succeeded', ...reported, output: { said: 'hello' } };
    await call(`/agents/${id}/reports`, { generation, reports: [answer] });
    const task = (await call(`/tasks/${taskId}`)).body;
    expect(task).toMatchObject({ status: 'completed', progress: 1, error: null });
    expect(task.logs).toMatchObject([{ level: 'info', message: 'Task started' }]);
  });

  test('may be the example of the documentation', async () => {
    const pipeline = await call('/pipelines', {
      name: `greetings ${randomUUID()}`,
      stages: [
        { name: 'read', type: 'data-ingestion', required: true, timeout: 60 },
        { name: 'greet', type: 'greet', required: true, timeout: 60 },
      ],
      dependencies: [{ from: 0, to: 1 }],
    });
    const input_data = { data: [{ name: 'Ada' }, { name: 'Alan' }] };
    const run = await call(`/pipelines/${pipeline.body.id}/execute`, { input_data });
    const example = join(import.meta.dirname, '../../../docs/examples/greet-agent.mjs');
    const agent = spawn(process.execPath, [example], {
      env: { ...process.env, SIGNALBOX_URL: http.origin, SIGNALBOX_TOKEN: http.secret },
    });
    try {
      await vi.waitFor(
        async () => {
          const { body } = await call(`/runs/${run.body.id}`);
          expect(body).toMatchObject({ status: 'succeeded' });
          expect(body.stages[1].output).toEqual([{ greeting: 'Hello Ada!' }, { greeting: 'Hello Alan!' }]);
        },
        { timeout: 120_000, interval: 50 },
      );
    } finally {
      agent.kill();
    }
  });

  test('gets large values whole, and uploads and reads files of the run that its task belongs to', async () => {
    const { agent_id: id, generation } = (
      await call('/agents/register', { ...REGISTRATION, name: 'filer', capabilities: ['file'] })
    ).body;
    await call(`/agents/${id}/heartbeat`, { generation, beat: { in_flight: 0 } });
    const payload = { text: 'x'.repeat(200_000), parameters: { more: 'y'.repeat(100_000) } };
    const submitted = await call('/tasks', { type: 'file', payload });
    const claimed = await call(`/agents/${id}/claim`, { generation, max: 5, wait_ms: 20_000 });
    expect(claimed.body.tasks).toMatchObject([{ input: payload, parameters: payload.parameters }]);
    const { task_id, run_id, epoch } = claimed.body.tasks[0];

    const objects = `/api/v1/agents/${id}/tasks/${task_id}/objects`;
    const upload = (query: string, body: string, more: object = {}) =>
      http.fetch(`${objects}?${query}`, {
        method: 'POST',
        headers: { 'content-type': 'text/csv' },
        body,
        ...more,
      });
    const uploaded = await upload(`epoch=${epoch}&name=a.csv`, 'a,b\n1,2\n');
    expect(uploaded.status).toBe(200);
    const ref = await uploaded.json();
    expect(ref).toMatchObject({ bytes: 8, contentType: 'text/csv', name: 'a.csv' });
    const read = await http.fetch(`${objects}/${ref.$object}?epoch=${epoch}`);
    expect(await read.text()).toBe('a,b\n1,2\n');
    expect(read.headers.get('content-length')).toBe('8');

    // Whoever does not hold the task under this hand-out has no business with its files.
    expect((await upload(`epoch=${epoch + 1}`, 'x')).status).toBe(409);
    expect((await upload('', 'x')).status).toBe(400);
    const other = (await call('/agents/register', { ...REGISTRATION, name: 'other' })).body.agent_id;
    const theirs = objects.replace(id, other);
    for (const path of [
      `${theirs}/${ref.$object}?epoch=${epoch}`,
      `${objects}/${ref.$object}?epoch=${epoch + 1}`,
    ]) {
      expect((await http.fetch(path)).status).toBe(409);
    }
    const unknown = `${objects}/${'0'.repeat(64)}?epoch=${epoch}`;
    expect((await http.fetch(unknown)).status).toBe(404);

    const output = { file: ref };
    const answered = await call(`/agents/${id}/reports`, {
      generation,
      reports: [{ type: 'succeeded', task_id, epoch, output }],
    });
    expect(answered.body.answers).toMatchObject([{ status: 'ok' }]);
    expect((await call(`/tasks/${submitted.body.task_id}`)).body).toMatchObject({ status: 'completed' });
    expect((await upload(`epoch=${epoch}`, 'too late')).status).toBe(409);
    const mine = await http.fetch(`/api/v1/runs/${run_id}/objects/${ref.$object}`);
    expect(await mine.text()).toBe('a,b\n1,2\n');
    const etag = mine.headers.get('etag') ?? '';
    const again = await http.fetch(`/api/v1/runs/${run_id}/objects/${ref.$object}`, {
      headers: { 'if-none-match': etag },
    });
    expect([etag, again.status, await again.text()]).toEqual([`"${ref.$object}"`, 304, '']);
  });

  test('is refused an upload past the limit: by its length at once, and else as soon as it is too much', async () => {
    const { agent_id: id, generation } = (
      await call('/agents/register', { ...REGISTRATION, name: 'hog', capabilities: ['hog'] })
    ).body;
    await call(`/agents/${id}/heartbeat`, { generation, beat: { in_flight: 0 } });
    await call('/tasks', { type: 'hog', payload: {} });
    const claimed = await call(`/agents/${id}/claim`, { generation, max: 1, wait_ms: 20_000 });
    const { task_id, epoch } = claimed.body.tasks[0];
    const path = `/api/v1/agents/${id}/tasks/${task_id}/objects?epoch=${epoch}`;
    /** Sends so many chunks of 64 kB, or as many as are taken, and says how many those were. */
    const send = (length: number | undefined, chunks: number) =>
      new Promise<{ status: number | undefined; sent: number }>((resolve, reject) => {
        const headers = {
          authorization: `Bearer ${http.secret}`,
          ...(length ? { 'content-length': length } : {}),
        };
        const upload = request(`${http.origin}${path}`, { method: 'POST', headers });
        let sent = 0;
        let isAnswered = false;
        upload.on('response', (response) => {
          isAnswered = true;
          response.resume().on('end', () => {
            upload.destroy();
            resolve({ status: response.statusCode, sent });
          });
        });
        // The line may be cut while we still write.
        upload.on('error', (error) => (isAnswered ? undefined : reject(error)));
        const chunk = Buffer.alloc(65_536, 'x');
        const more = (): void => {
          if (isAnswered || sent >= chunks) return;
          sent += 1;
          upload.write(chunk, () => setImmediate(more));
        };
        upload.flushHeaders();
        if (chunks > 0) more();
      });
    expect(await send(100_000_000, 0)).toEqual({ status: 413, sent: 0 });
    const streamed = await send(undefined, 1600);
    expect(streamed.status).toBe(413);
    expect(streamed.sent).toBeLessThan(1600);
    const [left] = await http.program.database.sql<{ count: number }[]>`
      SELECT count(*)::int AS count FROM stored_objects WHERE bytes > 1000000`;
    expect(left?.count).toBe(0);
  });

  test('is the same agent when it registers again, one generation later', async () => {
    const first = await call('/agents/register', { ...REGISTRATION, name: 'twice' });
    const second = await call('/agents/register', { ...REGISTRATION, name: 'twice' });
    expect(second).toMatchObject({
      status: 200,
      body: { agent_id: first.body.agent_id, generation: first.body.generation + 1 },
    });
  });

  test('is drained and brought back by people, who say why', async () => {
    const { body } = await call('/agents/register', { ...REGISTRATION, name: 'ordered' });
    const path = `/agents/${body.agent_id}/orders`;
    expect((await call(path, { order: 'drain', reason: 'new disk' })).body).toMatchObject({
      reason: 'new disk',
    });
    expect((await call(path, { order: 'drain' })).status).toBe(400);
    expect((await call(path, { order: 'resume', reason: 'done' })).status).toBe(200);
  });

  test('is refused with what to do when it says nothing of itself, or does not exist', async () => {
    expect(await call('/agents/register', { name: 'x' })).toMatchObject({
      status: 400,
      body: { code: 'INVALID' },
    });
    const nobody = `agent_${'0'.repeat(32)}`;
    expect((await call(`/agents/${nobody}/claim`, { generation: 1 })).status).toBe(404);
  });

  test('F17 finds neither agents nor tasks nor queues of another tenant', async () => {
    const { services, database, actor } = http.program;
    const orgId = makeId('org', services.newUuid());
    await database.sql`INSERT INTO orgs (id, name) VALUES (${toUuid(orgId)}::text::uuid, 'other')`;
    const other = { ...actor, orgId };
    const type = 'task-execution';
    const theirs = await registerAgent(services, other, { name: 'theirs', capabilities: [type] });
    const { task } = await submitTask(services, other, { type });
    const ours = await call('/agents/register', { ...REGISTRATION, name: 'curious' });
    const { agent_id: id, generation } = ours.body;

    const visit = { generation: theirs.generation, wait_ms: 0 };
    expect((await call(`/agents/${theirs.id}/claim`, visit)).status).toBe(404);
    const said = { type: 'succeeded', task_id: task.id, epoch: 1 };
    const reports = { generation: theirs.generation, reports: [said] };
    expect((await call(`/agents/${theirs.id}/reports`, reports)).status).toBe(404);
    // An agent that is told 404 takes it for itself, and registers again: what is unknown here is the task.
    expect(await call(`/agents/${id}/reports`, { generation, reports: [said] })).toMatchObject({
      status: 200,
      body: { answers: [{ status: 'unknown' }] },
    });
    const known = await call('/tasks', { type });
    await vi.waitFor(
      async () => {
        const { runId } = parseTaskId(known.body.task_id) ?? { runId: '' };
        const [row] =
          await database.sql`SELECT status FROM tasks WHERE run_id = ${toUuid(runId)}::text::uuid`;
        expect(row).toEqual({ status: 'queued' });
      },
      { timeout: 30_000 },
    );
    const mixed = [said, { ...said, task_id: known.body.task_id }];
    const answers = (await call(`/agents/${id}/reports`, { generation, reports: mixed })).body.answers;
    expect(answers).toMatchObject([{ status: 'unknown' }, { status: 'ok' }]);
    expect((await getTask(services, other, { id: task.id })).status).not.toBe('succeeded');

    const names = async (who: typeof actor) =>
      (await listQueues(services, who)).items.map(({ queue }) => queue);
    await vi.waitFor(async () => expect(await names(other)).not.toEqual([]), { timeout: 60_000 });
    for (const name of await names(other)) expect(name).toContain(toUuid(orgId));
    const visible = (await call('/queues')).body.queues.map(({ queue }: { queue: string }) => queue);
    expect(visible).toEqual(expect.arrayContaining(['intent.task', 'mcp.responses']));
    expect(visible.join()).not.toContain(toUuid(orgId));

    const { graphOf } = services;
    expect((await audit({ sql: database.sql, graphOf })).findings).toEqual([]);
    // The same again is counted, and written as a number later.
    expect(await refusals(id)).toMatchObject([{ reason: `There is no task ${task.id}.` }]);
  });

  test('F17 reports on what another holds in vain: nothing changes, and the audit has it', async () => {
    const { services, database } = http.program;
    const holder = (await call('/agents/register', { ...REGISTRATION, name: 'holder' })).body;
    const curious = (await call('/agents/register', { ...REGISTRATION, name: 'curious' })).body;
    const { task_id } = (await call('/tasks', { type: 'task-execution' })).body;
    const visit = { generation: holder.generation, max: 1, wait_ms: 60_000 };
    const claimed = await call(`/agents/${holder.agent_id}/claim`, visit);
    expect(claimed.body.tasks).toMatchObject([{ task_id }]);
    const reported = { task_id, epoch: claimed.body.tasks[0].epoch };
    const { runId } = parseTaskId(task_id) ?? { runId: '' };
    const rows = () => database.sql`SELECT t.*, r.revision, r.seq FROM tasks t JOIN runs r ON r.id = t.run_id
      WHERE t.run_id = ${toUuid(runId)}::text::uuid`;
    const before = await rows();
    const said = [
      { type: 'beat', ...reported, progress: 0.9 },
      { type: 'released', ...reported },
      { type: 'succeeded', ...reported, output: 'stolen' },
    ];
    const { generation } = curious;
    for (const report of said) {
      const { answers } = (
        await call(`/agents/${curious.agent_id}/reports`, { generation, reports: [report] })
      ).body;
      expect(answers).toEqual([{ status: 'stale', epoch: reported.epoch, reason: expect.any(String) }]);
    }
    const beat = { generation, beat: { in_flight: 1 }, tasks: [said[0]] };
    const { answers } = (await call(`/agents/${curious.agent_id}/heartbeat`, beat)).body;
    expect(answers).toMatchObject([{ status: 'stale' }]);
    expect(await rows()).toEqual(before);
    expect(await refusals(curious.agent_id)).toMatchObject([{ reason: 'You do not hold task 0.' }]);

    const own = [{ type: 'succeeded', ...reported, output: 'mine' }];
    await call(`/agents/${holder.agent_id}/reports`, { generation: holder.generation, reports: own });
    // Who comes too late has done nothing that it may not.
    await call(`/agents/${holder.agent_id}/reports`, {
      generation: holder.generation,
      reports: [{ type: 'beat', ...reported }],
    });
    expect(await refusals(holder.agent_id)).toEqual([]);
    expect((await call(`/tasks/${task_id}`)).body).toMatchObject({ status: 'completed' });
    expect((await audit({ sql: database.sql, graphOf: services.graphOf })).findings).toEqual([]);
  });

  /** What the audit says of an agent's reports; it is written beside the answer. */
  async function refusals(agentId: string): Promise<{ reason: string }[]> {
    await http.program.services.record(http.program.actor, 'test.done', { target: null });
    const rows = await http.program.database.sql<{ body: string }[]>`SELECT body FROM audit_entries
      WHERE action = 'report.refused' AND target = ${agentId} ORDER BY seq`;
    return rows.map(({ body }) => JSON.parse(body));
  }
});
