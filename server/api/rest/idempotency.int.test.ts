import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExampleWorld, type ExampleWorld } from '#server/testing/example-world.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { requestOf } from '#server/testing/request-of.ts';
import { listOperations } from '../operations/index.ts';

let http: TestServer;
let world: ExampleWorld;
beforeAll(async () => {
  http = await startTestServer();
  world = createExampleWorld(http);
});
afterAll(() => http[Symbol.asyncDispose]());

const creating = listOperations().filter(({ operation }) =>
  Object.hasOwn(operation.input.shape, 'idempotency_key'),
);

/** Where the id of what was made stands in an answer. */
const madeBy = (body: Record<string, never>): unknown => {
  const { version, bulk, task_id, id } = body as Record<string, { id?: string }>;
  return task_id ?? id ?? bulk?.id ?? version?.id;
};

describe('a creating call with a key', () => {
  test('is each of these', () => {
    expect(creating.map(({ name }) => name).sort()).toEqual([
      'bulk.create',
      'pipelines.create',
      'pipelines.duplicate',
      'pipelines.execute',
      'pipelines.import',
      'pipelines.publish',
      'runs.replay',
      'tasks.submit',
      'templates.instantiate',
    ]);
  });

  test.each(creating)(
    '$name makes one thing for one key, also when it comes twice at once',
    async ({ name, operation }) => {
      const input = await world.settle(operation.example);
      const { target, method, body, headers } = requestOf(operation, {
        ...input,
        idempotency_key: `key of ${name}`,
      });
      const send = (more: object = {}) => http.call(target, { ...body, ...more }, { method, headers });
      const [one, two] = await Promise.all([send(), send()]);
      const again = await send();
      const made = [one, two, again].map((answer) => madeBy(answer.body));
      expect(made[0], JSON.stringify(one.body)).toEqual(expect.any(String));
      expect(new Set(made).size).toBe(1);
      expect(again.status).toBe(200);
    },
  );

  test('is refused when the key was used for something else, of whatever kind', async () => {
    const stages = [{ name: 'only', type: 'echo' }];
    const headers = { 'idempotency-key': 'one key for all' };
    const made = await http.call('/api/v1/pipelines', { name: 'keyed', stages }, { headers });
    expect(made.status).toBe(201);
    const conflict = { status: 409, body: { code: 'CONFLICT', made: made.body.id } };
    expect(await http.call('/api/v1/pipelines', { name: 'keyed 2', stages }, { headers })).toMatchObject(
      conflict,
    );
    const execute = `/api/v1/pipelines/${made.body.id}/execute`;
    expect(await http.call(execute, { input_data: {} }, { headers })).toMatchObject(conflict);
    expect(await http.call('/api/v1/tasks', { type: 'echo' }, { headers })).toMatchObject(conflict);
  });

  test('that was refused leaves its key free', async () => {
    const headers = { 'idempotency-key': 'a second try' };
    const broken = { name: 'second try', stages: [{ name: 'only', type: 'NOT A TYPE' }] };
    expect((await http.call('/api/v1/pipelines', broken, { headers })).status).toBe(400);
    const mended = { name: 'second try', stages: [{ name: 'only', type: 'echo' }] };
    expect((await http.call('/api/v1/pipelines', mended, { headers })).status).toBe(201);
  });
});
