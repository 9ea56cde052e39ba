import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '#server/auditor/audit.ts';
import { until } from '#server/testing/faults/until.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';

let http: TestServer;
beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

/** As it travels: an object literal would take `__proto__` for its prototype. */
const hostile = (mark: string): string =>
  `{${NAMES.map((name) => `${JSON.stringify(name)}:{"polluted":${JSON.stringify(`${mark} ${name}`)}}`).join(',')}}`;

/** The text of the body is sent as it is, and what comes back is read as text too. */
async function send(path: string, body: string): Promise<{ status: number; text: string }> {
  const response = await http.fetch(`/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return { status: response.status, text: await response.text() };
}

const readText = async (path: string): Promise<string> => (await http.fetch(`/api/v1${path}`)).text();

/** The members' names and what is in them, of an object that stands under `field` somewhere in the text. */
function ownOf(value: unknown): [string, unknown][] {
  return NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(value, name)?.value]);
}
const expected = (mark: string) => NAMES.map((name) => [name, { polluted: `${mark} ${name}` }]);

test('keys that every object has are names like others, from the definition to the output', async () => {
  const graph = {
    stages: NAMES.map((key) => ({ key, name: key, type: 'echo' })),
    dependencies: NAMES.slice(1).map((to, at) => ({ from: NAMES[at], to })),
    inputSchema: { type: 'object', required: NAMES },
  };
  const document = { name: 'constructor', format: 'json', text: JSON.stringify(graph), publish: true };
  const defined = await http.call('/api/v1/pipelines/import', document);
  expect(defined.status, JSON.stringify(defined.body)).toBe(201);
  const { id: pipelineId } = defined.body;
  const tagged = await http.call(`/api/v1/pipelines/${pipelineId}`, { tags: NAMES }, { method: 'PATCH' });
  expect(tagged.body.tags).toEqual(NAMES);
  // What an object has from its prototype is none of its own fields.
  const without = await send(`/pipelines/${pipelineId}/execute`, '{"input_data":{}}');
  expect(without.status, without.text).toBe(400);

  const started = await send(
    `/pipelines/${pipelineId}/execute`,
    `{"input_data":${hostile('input')},"metadata":${hostile('metadata')}}`,
  );
  expect(started.status, started.text).toBe(202);
  const { id } = JSON.parse(started.text);
  const run = await until('the run to end', async () => {
    const read = JSON.parse(await readText(`/runs/${id}`));
    return read.finished_at === null ? null : read;
  });
  expect(run).toMatchObject({ status: 'succeeded' });
  expect(run.stages.map(({ key }: { key: string }) => key)).toEqual(NAMES);
  expect(ownOf(run.metadata)).toEqual(expected('metadata'));
  // Each stage is given what the run was, or what the one before it made of that.
  for (const { task_id } of run.stages) {
    const task = JSON.parse(await readText(`/tasks/${task_id}`));
    expect(ownOf(task.result ?? task.output)).toEqual(expected('input'));
  }
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  const { services, database } = http.program;
  expect((await audit({ sql: database.sql, graphOf: services.graphOf })).findings).toEqual([]);
});
