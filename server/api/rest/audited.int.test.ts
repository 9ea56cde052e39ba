import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExampleWorld, type ExampleWorld } from '#server/testing/example-world.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { requestOf } from '#server/testing/request-of.ts';
import { listOperations } from '../operations/index.ts';

/** What leaves no entry, and why none is owed. A new operation that changes something is not among them. */
const WITHOUT = new Map([
  ...because('It only looks.', 'pipelines.validate', 'audit.verify'),
  ...because('It is nothing yet: what comes of it is told of.', 'passkeys.challenge', 'passkeys.prepare'),
  ...because('Nobody else sees it.', 'pipelines.star', 'views.save', 'views.remove'),
  ...because(
    'The events of the run tell of it.',
    ...['agents.claim', 'agents.heartbeat', 'agents.report', 'agents.upload'],
  ),
  ...because(
    'The workspace numbers each change and keeps who made it.',
    ...['workspaces.write', 'workspaces.edit', 'workspaces.remove', 'workspaces.send'],
  ),
  ...because('The log of the gateway tells of each call.', 'mcp.callTool', 'mcp.askDeepwiki'),
  ...because(
    'The example finds nothing to do; what it finds is told of one by one.',
    'mcp.import',
    'deadLetters.replayAll',
  ),
]);

function because(why: string, ...names: string[]): [name: string, why: string][] {
  return names.map((name) => [name, why]);
}

let http: TestServer;
let world: ExampleWorld;
beforeAll(async () => {
  const settings = { SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8', SIGNALBOX_RATE_SIGN_INS: '10000' };
  http = await startTestServer(settings, { name: 'localhost' });
  world = createExampleWorld(http);
});
afterAll(() => http[Symbol.asyncDispose]());

async function countEntries(): Promise<number> {
  const [row] = await http.program.database.sql`SELECT count(*)::int AS entries FROM audit_entries`;
  return row?.entries;
}

describe('what is changed by an operation is told of by the audit', () => {
  const changing = listOperations().filter(({ operation }) => operation.method !== 'GET');
  const owed = changing.filter(({ name }) => !WITHOUT.has(name));
  test.each(owed)('$name', async ({ operation }) => {
    const input = await world.settle(operation.example);
    const { target, method, headers, body } = requestOf(operation, input);
    const isPerson = operation.by === 'person';
    const person = isPerson ? await world.asPerson() : {};
    const before = await countEntries();
    const { status } = isPerson
      ? await http.ask(target, { method, body, headers: { ...headers, ...person } })
      : await http.call(target, body, { method, headers });
    expect(status).toBeLessThan(300);
    expect(await countEntries()).toBeGreaterThan(before);
  });

  test('or there is a reason why not, for each that still is there', () => {
    const names = new Set(changing.map(({ name }) => name));
    expect([...WITHOUT.keys()].filter((name) => !names.has(name))).toEqual([]);
  });
});
