import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExampleWorld, type ExampleWorld } from '#server/testing/example-world.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { requestOf } from '#server/testing/request-of.ts';
import { listOperations, type NamedOperation } from '../operations/index.ts';
import { isRaw, type JsonOperation } from '../operations/operation.ts';

let http: TestServer;
let world: ExampleWorld;
beforeAll(async () => {
  const settings = { SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8', SIGNALBOX_RATE_SIGN_INS: '10000' };
  // Passkeys are bound to a name.
  http = await startTestServer(settings, { name: 'localhost' });
  world = createExampleWorld(http);
});
afterAll(() => http[Symbol.asyncDispose]());

/** Made, or taken in and made in its own time. */
const MAKES: readonly (number | undefined)[] = [201, 202];

/** What makes something and takes no key, and why that is right. */
const WITHOUT_KEY: Readonly<Record<string, string>> = {
  'agents.register': 'It is by name: whoever registers again is the same agent, in its next generation.',
};

/** What makes something beside what it answers with 200; that one key makes it once is tested where it is made. */
const MAKES_BESIDE = ['deadLetters.replay', 'mcp.import'];

/**
 * Every other call by POST, which takes no key: it changes what there is already, so the same again finds it changed, or
 * it is meant anew each time it is made.
 */
const CHANGES = [
  ...['pipelines.validate', 'pipelines.archive', 'pipelines.unarchive', 'pipelines.restoreVersion'],
  ...['runs.pause', 'runs.resume', 'runs.kill', 'runs.cancel', 'runs.reveal', 'tasks.retry'],
  ...['agents.order', 'agents.claim', 'agents.heartbeat', 'agents.upload', 'agents.report', 'bulk.abort'],
  // What was replayed is no dead letter any more: the same again goes on with those that are left.
  ...['deadLetters.replayAll', 'deadLetters.discard'],
  // An invitation or an assertion counts once.
  ...['auth.signIn', 'auth.join', 'auth.signOut', 'me.unlink', 'orgs.enter', 'invites.accept', 'apps.decide'],
  ...['passkeys.challenge', 'passkeys.signIn', 'passkeys.prepare', 'passkeys.remove'],
  // A secret whose answer was lost can only be made anew.
  ...['keys.rotate', 'notificationTargets.rotateSecret', 'notificationTargets.rotateDefaultSecret'],
  ...['notificationTargets.test', 'notificationDeliveries.redeliver', 'audit.verify', 'analytics.decide'],
  ...['workspaces.forceRelease', 'mcp.test', 'mcp.approveTools', 'mcp.blockTools', 'mcp.callTool'],
  ...['mcp.askDeepwiki', 'mcpApprovals.decide', 'mcpQuestions.answer'],
];

const creating = listOperations().filter(
  ({ name, operation }) => !isRaw(operation) && MAKES.includes(operation.status) && !(name in WITHOUT_KEY),
);
const takesKey = ({ operation }: NamedOperation) => Object.hasOwn(operation.input.shape, 'idempotency_key');
const sorted = (which: readonly NamedOperation[]) => which.map(({ name }) => name).sort();

/** Where the id of what was made stands in an answer. */
const madeBy = (body: Record<string, never>): unknown => {
  const { version, bulk, connection, task_id, id, seq } = body as Record<string, { id?: string }>;
  return task_id ?? id ?? bulk?.id ?? version?.id ?? connection?.id ?? seq;
};

/** Where that stands which is shown once. */
const SECRET_FIELDS = ['key', 'token', 'invitation', 'secret'];

/** Makes the call of an example as often as wanted, each time the very same but for what is said to differ. */
async function sender({ operation }: NamedOperation, key: string) {
  const input = await world.settle(operation.example);
  const request = requestOf(operation, { ...input, idempotency_key: key });
  const isPersonal = operation.by === 'person';
  const headers = { ...request.headers, ...(isPersonal ? await world.asPerson() : {}) };
  return (change: object = {}) => {
    const { target, method } = request;
    const body = { ...request.body, ...change };
    return isPersonal
      ? http.ask(target, { method, body, headers })
      : http.call(target, body, { method, headers });
  };
}

describe('a creating call with a key', () => {
  test('is every call that makes something, and no other says to be', () => {
    const names = [...creating.map(({ name }) => name), ...MAKES_BESIDE];
    expect(sorted(listOperations().filter(takesKey))).toEqual(names.sort());
    const posted = listOperations().filter(({ operation }) => operation.method === 'POST');
    // A new one is decided on: what makes something takes a key, whatever its answer.
    const decided = [...names, ...CHANGES, ...Object.keys(WITHOUT_KEY)];
    expect(sorted(posted).filter((name) => !decided.includes(name))).toEqual([]);
    expect(CHANGES.filter((name) => !sorted(posted).includes(name))).toEqual([]);
    expect(creating.filter(({ operation }) => !operation.errors?.includes('CONFLICT'))).toEqual([]);
    const known = listOperations().map(({ name }) => name);
    expect(known).toEqual(expect.arrayContaining(Object.keys(WITHOUT_KEY)));
  });

  test.each(creating.filter(({ operation }) => !operation.isSecret))(
    '$name makes one thing for one key, also when it comes twice at once',
    async (named) => {
      const operation = named.operation as JsonOperation;
      const send = await sender(named, `key of ${named.name}`);
      const [one, two] = await Promise.all([send(), send()]);
      const again = await send();
      const answers = [one, two, again];
      const made = answers.map(({ body }) => madeBy(body));
      expect(made[0], JSON.stringify(one.body)).toBeDefined();
      expect(new Set(made).size, JSON.stringify(answers.map(({ body }) => body))).toBe(1);
      expect([one.status, two.status].sort()).toEqual([200, operation.status]);
      expect(again.status).toBe(200);
      expect(operation.output.parse(again.body)).toEqual(again.body);
    },
  );

  test.each(creating.filter(({ operation }) => operation.isSecret))(
    '$name makes one thing for one key, and shows its secret once',
    async (named) => {
      const send = await sender(named, `key of ${named.name}`);
      const answers = [...(await Promise.all([send(), send()])), await send()];
      const [first] = answers.filter(({ status }) => status === 201);
      const refused = answers.filter(({ status }) => status === 409);
      expect(refused).toHaveLength(2);
      for (const { body } of refused)
        expect(body).toMatchObject({ code: 'CONFLICT', made: first?.body.id, advice: expect.any(String) });
      const [, secret] =
        Object.entries(first?.body ?? {}).find(([field]) => SECRET_FIELDS.includes(field)) ?? [];
      const kept = await http.program.database.sql`SELECT * FROM idempotency_keys`;
      expect(JSON.stringify(kept)).toContain(first?.body.id);
      expect(JSON.stringify(kept)).not.toContain(String(secret).split('#').at(-1));
    },
  );

  const changes: Readonly<Record<string, object>> = {
    'keys.create': { scopes: null },
    'agentTokens.create': { agent: 'another' },
    'invites.create': { label: 'another' },
    'orgs.create': { name: 'another' },
    'passkeys.add': { name: 'another' },
    'notificationTargets.create': { name: 'another' },
    'workspaces.send': { body: 'another' },
    'mcp.connect': { headers: { authorization: 'Bearer another' } },
    'mcpServers.create': { name: 'another' },
    'mcpRules.create': { tool: 'another' },
  };
  test.each(creating.filter(({ name }) => name in changes))(
    '$name is refused when the key comes with another request',
    async (named) => {
      const send = await sender(named, `changed ${named.name}`);
      const first = await send();
      expect(first.status, JSON.stringify(first.body)).toBe(201);
      const other = await send(changes[named.name]);
      expect(other).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
      expect(other.body.detail).toContain('was used for another request');
    },
  );

  test('has the same answer again where no secret was in it: a mail target, and an organisation of one’s own', async () => {
    const target = { name: 'mail', kind: 'email', address: 'a@example.org', events: ['run.failed'] };
    const byKey = { headers: { 'idempotency-key': 'a mail' } };
    const told = await http.call('/api/v1/notification-targets', target, byKey);
    expect(told).toMatchObject({ status: 201, body: { secret: null } });
    const toldAgain = await http.call('/api/v1/notification-targets', target, byKey);
    expect(toldAgain).toMatchObject({ status: 200, body: told.body });
    const headers = { ...(await world.asPerson()), 'idempotency-key': 'mine' };
    const make = () => http.ask('/api/v1/orgs', { method: 'POST', body: { name: 'Mine' }, headers });
    const made = await make();
    expect(made).toMatchObject({ status: 201, body: { invitation: null } });
    expect(await make()).toMatchObject({ status: 200, body: made.body });
  });

  test('which sent a message is answered with it also once the run is over', async () => {
    const stages = [{ name: 'only', type: 'sleep', config: { ms: 3_600_000 } }];
    const pipeline = await http.call('/api/v1/pipelines', { name: 'talked in', stages });
    const run = (await http.call(`/api/v1/pipelines/${pipeline.body.id}/execute`, {})).body.id;
    const send = (key: string) =>
      http.call(
        `/api/v1/runs/${run}/workspace/messages`,
        { body: 'hello' },
        { headers: { 'idempotency-key': key } },
      );
    const sent = await send('a greeting');
    await http.call(`/api/v1/runs/${run}/kill`, {});
    const isOver = async () => (await http.call(`/api/v1/runs/${run}`)).body.finished_at !== null;
    await expect.poll(isOver, { timeout: 60_000 }).toBe(true);
    expect(await send('a late greeting')).toMatchObject({ status: 409 });
    expect(await send('a greeting')).toMatchObject({ status: 200, body: sent.body });
  });

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

  test('that begins as our own do is refused: nobody takes the place of what is repeated here', async () => {
    const headers = { 'idempotency-key': 'signalbox:bulk:1' };
    expect(await http.call('/api/v1/tasks', { type: 'echo' }, { headers })).toMatchObject({
      status: 400,
      body: { code: 'INVALID', issues: [{ path: ['idempotency_key'] }] },
    });
  });

  test('that was refused leaves its key free', async () => {
    const headers = { 'idempotency-key': 'a second try' };
    const broken = { name: 'second try', stages: [{ name: 'only', type: 'NOT A TYPE' }] };
    expect((await http.call('/api/v1/pipelines', broken, { headers })).status).toBe(400);
    const mended = { name: 'second try', stages: [{ name: 'only', type: 'echo' }] };
    expect((await http.call('/api/v1/pipelines', mended, { headers })).status).toBe(201);
  });
});
