import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import type { RunStatus } from '#server/domain/statuses.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import type { AppRouter } from './router.ts';

let http: TestServer;
beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());

const mutate = (name: string, input: object) => http.call(`/api/trpc/${name}`, input);
const query = (name: string, input: object = {}) =>
  http.call(`/api/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`);

const STAGES = { stages: [{ name: 'only', type: 'echo' }] };

describe('tRPC', () => {
  test('a query and a mutation do what their REST twins do', async () => {
    const made = await mutate('pipelines.create', { name: 'by procedure', ...STAGES });
    expect(made.status).toBe(200);
    const pipeline = made.body.result.data;
    expect((await query('pipelines.get', { id: pipeline.id })).body.result.data).toEqual(
      (await http.call(`/api/v1/pipelines/${pipeline.id}`)).body,
    );
  });

  test('an answer says when it was given', async () => {
    const before = Date.now();
    const { headers } = await query('me.get');
    expect(Number(headers.get('signalbox-time'))).toBeGreaterThanOrEqual(before);
    expect(Number(headers.get('signalbox-time'))).toBeLessThanOrEqual(Date.now());
  });

  test('an error carries the same problem as over REST', async () => {
    const id = `run_${'0'.repeat(32)}`;
    const { status, body } = await query('runs.get', { id });
    const rest = await http.call(`/api/v1/runs/${id}`);
    expect(status).toBe(404);
    expect(body.error.data.problem).toEqual({ ...rest.body, instance: expect.any(String) });
    expect(body.error.data.stack).toBeUndefined();
  });

  test('an input that does not fit names the field', async () => {
    const { status, body } = await mutate('pipelines.create', { name: 'x', ...STAGES, nonsense: 1 });
    expect(status).toBe(400);
    expect(body.error.data.problem).toMatchObject({
      code: 'INVALID',
      detail: expect.stringContaining('nonsense'),
    });
    const gone = await query('runs.get', { id: 'nothing' });
    const rest = await http.call('/api/v1/runs/nothing');
    expect(gone.body.error.data.problem).toEqual({ ...rest.body, instance: expect.any(String) });
    expect(gone.body.error.data.problem.issues).toMatchObject([{ path: ['id'] }]);
  });

  test('a batch is answered in one request, up to a number', async () => {
    const batch = (count: number) =>
      http.call(
        `/api/trpc/${Array(count).fill('templates.list').join(',')}?batch=1&input=${encodeURIComponent(
          JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [at, {}]))),
        )}`,
      );
    expect((await batch(2)).body).toHaveLength(2);
    expect((await batch(21)).status).toBe(400);
  });

  test('needs a session or a key, as every door does', async () => {
    const response = await fetch(`${http.origin}/api/trpc/templates.list?input={}`);
    expect(response.status).toBe(401);
  });

  test('gives the panel exact types', () => {
    type Inputs = inferRouterInputs<AppRouter>;
    type Outputs = inferRouterOutputs<AppRouter>;
    expectTypeOf<Outputs['runs']['get']['status']>().toEqualTypeOf<RunStatus>();
    expectTypeOf<Outputs['runs']['list']['runs'][number]['created_at']>().toEqualTypeOf<string>();
    expectTypeOf<Inputs['runs']['list']['limit']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Inputs['runs']['cancel']['id']>().toEqualTypeOf<string>();
    // @ts-expect-error downloads are no procedures
    expectTypeOf<Outputs['runs']['object']>().toBeObject();
  });
});
