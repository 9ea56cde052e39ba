import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type HttpAnswer, startTestServer, type TestServer } from '#server/testing/http.ts';

/**
 * The API in its plain words, call by call: what a program sends that knows pipelines as stages and dependencies by
 * their place, and what it may count on in the answers.
 */
let http: TestServer;
beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());

const api = (path: string, body?: object) => http.call(`/api/v1${path}`, body);

function until(path: string, isSo: (body: HttpAnswer['body']) => void): Promise<HttpAnswer['body']> {
  return vi.waitFor(
    async () => {
      const { body } = await api(path);
      isSo(body);
      return body;
    },
    { timeout: 60_000, interval: 50 },
  );
}

const NAME = 'data-processing-pipeline';
const STAGES = [
  { name: 'data-ingestion', type: 'data-ingestion', required: true, timeout: 300 },
  { name: 'data-transformation', type: 'transformation', required: true, timeout: 600 },
  { name: 'data-analysis', type: 'analysis', required: true, timeout: 900 },
  { name: 'data-validation', type: 'validation', required: true, timeout: 300 },
  { name: 'data-processing', type: 'processing', required: true, timeout: 1200 },
  { name: 'output-generation', type: 'output', required: true, timeout: 300 },
];
const DEPENDENCIES = [
  { from: 0, to: 1 },
  { from: 1, to: 2 },
  { from: 2, to: 3 },
  { from: 3, to: 4 },
  { from: 4, to: 5 },
];

describe('Agent management', () => {
  test('POST /api/v1/agents/register, then GET /api/v1/agents', async () => {
    const registered = await api('/agents/register', {
      name: 'agent-name',
      type: 'worker',
      capabilities: ['task-execution', 'data-processing'],
      resources: { cpu: 4, memory: '8GB', gpu: true },
    });
    expect(registered).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^agent_/) } });
    await api(`/agents/${registered.body.id}/heartbeat`, {
      generation: registered.body.generation,
      beat: { in_flight: 0 },
    });
    const { agents } = await until('/agents', ({ agents: all }) => {
      const agent = all.find(({ name }: { name: string }) => name === 'agent-name');
      expect(agent.status).toBe('active');
    });
    const [agent] = agents.filter(({ name }: { name: string }) => name === 'agent-name');
    expect(agent).toMatchObject({
      id: registered.body.id,
      type: 'worker',
      status: 'active',
      capabilities: ['task-execution', 'data-processing'],
      last_heartbeat: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      current_load: expect.any(Number),
    });
  });

  test('an agent with endpoints is one that is pushed to', async () => {
    const endpoints = {
      task: 'http://agent:8080/task',
      status: 'http://agent:8080/status',
      health: 'http://agent:8080/health',
    };
    const registered = await api('/agents/register', {
      name: 'pushed',
      type: 'validator',
      capabilities: ['pushed'],
      endpoints,
    });
    expect(registered.status).toBe(201);
    expect((await api(`/agents/${registered.body.id}`)).body).toMatchObject({
      transport: 'push',
      type: 'validator',
    });
  });
});

describe('Pipeline orchestration', () => {
  test('POST /api/v1/pipelines with stages and dependencies by index, then execute', async () => {
    const created = await api('/pipelines', {
      name: NAME,
      description: '6-stage data processing pipeline',
      stages: STAGES,
      dependencies: DEPENDENCIES,
    });
    expect(created).toMatchObject({
      status: 201,
      body: { name: NAME, version: { number: 1 } },
    });
    const { stages, dependencies } = created.body.version.graph;
    expect(stages.map(({ timeouts }: { timeouts: object }) => timeouts)).toEqual(
      STAGES.map(({ timeout }) => ({ stageSeconds: timeout })),
    );
    expect(dependencies).toHaveLength(5);

    const executed = await api(`/pipelines/${created.body.pipeline_id}/execute`, {
      input_data: { source: 's3://bucket/input-data', format: 'json' },
      parameters: { batch_size: 1000, parallel_workers: 4 },
      notification: { webhook: 'https://example.com/webhook', email: 'admin@example.com' },
    });
    expect(executed).toMatchObject({
      status: 202,
      body: {
        pipeline_id: created.body.pipeline_id,
        input: { source: 's3://bucket/input-data', format: 'json' },
        parameters: { batch_size: 1000, parallel_workers: 4 },
      },
    });
    expect(
      executed.body.stages.map(({ stage, type }: { stage: number; type: string }) => [stage, type]),
    ).toEqual(STAGES.map(({ type }, at) => [at, type]));
  });

  test('POST /api/v1/pipelines/{id}/execute answers with the run as it is then read', async () => {
    const made = await api('/pipelines', {
      name: 'waits for agents',
      stages: [
        { name: 'first', type: 'of-nobody-here' },
        { name: 'second', type: 'of-nobody-here', condition: 'false' },
        { name: 'third', type: 'of-nobody-here' },
      ],
      dependencies: [{ from: 0, to: 2 }],
    });
    const run = await api(`/pipelines/${made.body.id}/execute`, {
      ...{ input_data: { at: [1, -0.5, 'ü'] }, parameters: { size: 2 } },
      metadata: { tags: ['fresh'], customer: 7 },
    });
    expect(run).toMatchObject({ status: 202, body: { status: 'running', seq: expect.any(Number) } });
    const { body } = await api(`/runs/${run.body.id}`);
    expect(body.stages.map(({ state }: { state: string }) => state)).toEqual(['ready', 'skipped', 'pending']);
    // A look at what waits, some seconds later, moves nothing that is shown but this.
    expect({ ...run.body, updated_at: null }).toEqual({ ...body, updated_at: null });
    expect(run.body.updated_at <= body.updated_at).toBe(true);
    const { runs } = (await api('/runs?metadata=customer=7')).body;
    expect(runs[0].id).toBe(run.body.id);
  });

  test('a stage that is not required may fail without failing the rest', async () => {
    const created = await api('/pipelines', {
      name: 'optional stage',
      stages: [
        { name: 'one', type: 'echo', required: true, timeout: 60 },
        { name: 'two', type: 'fail', required: false, timeout: 60 },
      ],
      dependencies: [{ from: 0, to: 1 }],
    });
    const { body } = await api(`/pipelines/${created.body.pipeline_id}/execute`, { input_data: {} });
    const run = await until(`/runs/${body.run_id}`, ({ status }) => expect(status).toBe('succeeded'));
    expect(run.stages.map(({ status }: { status: string }) => status)).toEqual(['completed', 'failed']);
  });
});

describe('Task management', () => {
  const submit = (more: object) =>
    api('/tasks', {
      payload: { data_source: 's3://bucket/data.csv', parameters: { format: 'csv', delimiter: ',' } },
      priority: 'high',
      timeout: 300,
      retry_count: 3,
      ...more,
    });

  test('POST /api/v1/tasks with a stage of a pipeline, then GET /api/v1/tasks/{task_id}', async () => {
    const pipeline = await api('/pipelines', {
      name: 'tasks of a stage',
      stages: [
        { name: 'first', type: 'echo' },
        { name: 'second', type: 'echo' },
      ],
    });
    const submitted = await submit({ pipeline_id: pipeline.body.pipeline_id, stage: 1, type: 'echo' });
    expect(submitted.status).toBe(202);
    // Its log is stored in batches, so a line may come after the end.
    const task = await until(`/tasks/${submitted.body.task_id}`, ({ status, logs }) => {
      expect(status).toBe('completed');
      expect(logs).not.toEqual([]);
    });
    expect(task).toMatchObject({
      task_id: submitted.body.task_id,
      pipeline_id: pipeline.body.pipeline_id,
      stage: 1,
      status: 'completed',
      progress: 1,
      assigned_agent: expect.stringMatching(/^agent_/),
      started_at: expect.any(String),
      updated_at: expect.any(String),
      error: null,
    });
    expect(task.logs[0]).toMatchObject({
      timestamp: expect.any(String),
      level: 'info',
      message: expect.any(String),
    });
    const { body: list } = await api(`/tasks?pipeline_id=${pipeline.body.pipeline_id}`);
    expect(list.tasks).toMatchObject([{ task_id: submitted.body.task_id, status: 'completed' }]);
  });

  test('a task goes from pending through its words to its end', async () => {
    const waiting = await submit({ type: 'nobody-offers-this' });
    expect(waiting.body).toMatchObject({ status: 'pending', assigned_agent: null, progress: 0 });
    const running = await api('/tasks', { type: 'sleep', payload: {} });
    await until(`/tasks/${running.body.task_id}`, ({ status }) =>
      expect(['running', 'completed']).toContain(status),
    );
    const failing = await submit({ type: 'fail', retry_count: 1 });
    const seen = await until(`/tasks/${failing.body.task_id}`, ({ status }) =>
      expect(['retrying', 'failed']).toContain(status),
    );
    expect(seen.error).toMatchObject({ code: 'FAILED_ON_PURPOSE', message: expect.any(String) });
  });

  test.each(['data-ingestion', 'transformation', 'analysis', 'validation', 'processing', 'output'])(
    'the type %s is one that is taken',
    async (type) => {
      expect((await submit({ type })).status).toBe(202);
    },
  );
});
