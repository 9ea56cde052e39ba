import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askBehind } from '#server/testing/ask-behind.ts';
import { createExampleWorld, type ExampleWorld } from '#server/testing/example-world.ts';
import { openTestDoors, startTestServer, type TestServer } from '#server/testing/http.ts';
import { requestOf } from '#server/testing/request-of.ts';
import { createSchemaJudge } from '#server/testing/schema-judge.ts';
import { openApiDocument } from '../openapi/document.ts';
import { listOperations, type NamedOperation } from '../operations/index.ts';
import { isRaw } from '../operations/operation.ts';
import { browserRoutes } from './routes.ts';

/** As programs read it: what is said of an answer there is said of the one that comes. */
const { paths, components } = JSON.parse(JSON.stringify(openApiDocument()));
const judge = createSchemaJudge(components);
const documented = ({ path, method }: NamedOperation['operation'], status: number): object =>
  paths[path][method.toLowerCase()].responses[status].content['application/json'].schema;

let http: TestServer;
let world: ExampleWorld;
beforeAll(async () => {
  const settings = {
    SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8',
    // Many of the examples prove who somebody is, from one address and within a minute.
    SIGNALBOX_RATE_SIGN_INS: '10000',
  };
  http = await startTestServer(settings, { name: 'localhost' });
  world = createExampleWorld(http);
});
afterAll(() => http[Symbol.asyncDispose]());

async function call({ operation }: NamedOperation) {
  const input = await world.settle(operation.example);
  const { target, method, headers, body } = requestOf(operation, input);
  if (operation.by !== 'person') return http.call(target, body, { method, headers });
  return http.ask(target, { method, body, headers: { ...headers, ...(await world.asPerson()) } });
}

describe('the example of each operation, made on a server', () => {
  test.each(listOperations())('$name is answered as its schema says', async (named) => {
    const { operation } = named;
    const answer = await call(named);
    expect(answer.status, JSON.stringify(answer.body)).toBe(
      isRaw(operation) ? 200 : (operation.status ?? 200),
    );
    if (isRaw(operation)) {
      const [type] = String(answer.headers.get('content-type')).split(';');
      expect([operation.contentType].flat()).toContain(type);
    } else if (operation.status === 204) {
      expect(answer.body).toBe('');
    } else {
      // Parsing drops what the schema does not know: nothing may be missing afterwards.
      expect(operation.output.parse(answer.body)).toEqual(answer.body);
      expect(judge.problems(documented(operation, answer.status), answer.body)).toEqual([]);
    }
  });

  test('what Signalbox says of itself to authorization servers is as documented', async () => {
    const home = 'https://signalbox.example.org';
    const { path = '', answer } = browserRoutes.find(({ name }) => name === 'mcp.client') ?? {};
    // Only where such a server could read it.
    await using doors = await openTestDoors(http.program, { publicUrl: home });
    const { status, body } = await askBehind(doors.origin, home)(path);
    expect(status).toBe(200);
    expect(answer !== 'redirect' && answer?.parse(body)).toEqual(body);
    expect(body).toMatchObject({ client_id: `${home}${path}` });
  });

  const answered = listOperations().filter(({ operation }) => operation.method !== 'GET');
  test.each(answered)('$name refuses a field that it does not know', async (named) => {
    const { operation } = named;
    const input = { ...(await world.settle(operation.example)), no_such_field: 1 };
    const { target, method, headers, body } = requestOf(operation, input);
    const answer = await http.call(target, body, { method, headers });
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID' } });
    expect(answer.body.detail).toContain('no_such_field');
  });
});
