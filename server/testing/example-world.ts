import { setTimeout } from 'node:timers/promises';
import { EXAMPLE, EXAMPLE_DOCUMENT } from '#server/api/operations/examples.ts';
import type { Broker } from '#server/broker/port.ts';
import { RESPONSE_QUEUE } from '#server/broker/topology.ts';
import { toUuid } from '#server/domain/ids.ts';
import { isJsonObject, type Json } from '#server/domain/json.ts';
import { claimFiles } from '#server/services/workspace/leases.ts';
import { newAppClient } from './app-client.ts';
import { createAuthenticator } from './authenticator.ts';
import { makeMcpExamples } from './example-mcp.ts';
import { askAt, type TestServer } from './http.ts';
import { addPasskey, type Browser, joinAs, makePasskey, PASSWORD, signInByLink } from './people.ts';

/** Makes what an example speaks of, and puts its ids in place of the example's. */
export interface ExampleWorld {
  /** Headers of somebody who has signed in just now. */
  asPerson(): Promise<Record<string, string>>;
  settle<Value>(example: Value): Promise<Value>;
}

type Name = keyof typeof EXAMPLE;

export function createExampleWorld(http: TestServer): ExampleWorld {
  const post = async (path: string, body: object) => {
    const answer = await http.call(`/api/v1${path}`, body);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const until = async (path: string, isSo: (body: HttpBody) => boolean): Promise<HttpBody> => {
    for (;;) {
      const { body } = await http.call(`/api/v1${path}`);
      if (isSo(body)) return body;
      await setTimeout(30);
    }
  };
  let count = 0;
  /** Cookies of a browser that a program has opened. */
  let sentBy = '';
  /** A browser that has begun what its next call goes on with. */
  let begun: Browser | undefined;
  const newName = () => `example ${++count}`;
  const makePipeline = async (stage: object) =>
    (await post('/pipelines', { name: newName(), stages: [{ name: 'only', ...stage }] })).id as string;
  const start = async (stage: object, input_data: Json = {}) =>
    (await post(`/pipelines/${await makePipeline(stage)}/execute`, { input_data })).id as string;
  const issueLink = () => http.program.services.identity.links.issueOwnerLink();
  const owner = () => signInByLink(http, issueLink);
  /** Passkeys are bound to a name, and tokens for programs to the address that the start prints: one server has both. */
  const byName = at(http.origin.replace('127.0.0.1', 'localhost'));
  const byAddress = at(http.origin.replace('localhost', '127.0.0.1'));
  const ownerAt = (doors: typeof byName) => signInByLink(doors, issueLink);
  const newMember = async () => joinAs(http, await owner(), 'viewer');
  const granted = once(async () => {
    const pipeline = await makePipeline({ type: 'echo' });
    const member = (await newMember()).id;
    await http.call(`/api/v1/pipelines/${pipeline}/grants/${member}`, {}, { method: 'PUT' });
    return { pipeline, member };
  });
  const finishedRun = once(async () => {
    const id = await start({ type: 'echo' }, { text: 'x'.repeat(100_000) });
    return until(`/runs/${id}`, ({ status }) => status === 'succeeded');
  });

  const held = once(async () => {
    const { id, generation } = await post('/agents/register', { name: newName(), capabilities: ['held'] });
    await post(`/agents/${id}/heartbeat`, { generation, beat: { in_flight: 0 } });
    const task = await post('/tasks', { type: 'held', payload: { text: 'x'.repeat(100_000) } });
    await post(`/agents/${id}/claim`, { generation, max: 1, wait_ms: 20_000 });
    const run = (await http.call(`/api/v1/runs/${task.run_id}`)).body;
    return { agent: id, task: task.task_id, object: run.input.$object };
  });

  const shared = once(async () => {
    const run = await start({ type: 'sleep', config: { ms: 3_600_000 } });
    const path = `/api/v1/runs/${run}/workspace/file`;
    for (const name of ['notes.md', 'old.md'])
      await http.call(path, { path: name, content: 'a draft\n', base_version: 0 }, { method: 'PUT' });
    const { services, actor } = http.program;
    const wish = { of: run, as: 'writer', patterns: ['report.md'], ttlMs: 3_600_000 };
    return { run, claim: (await claimFiles(services, actor, wish)).leaseId };
  });

  const makeTarget = () =>
    post('/notification-targets', {
      ...{ name: newName(), kind: 'webhook', events: ['run.failed'] },
      // Nothing is sent to it: this machine's own address is none that a request may leave for.
      address: 'http://127.0.0.1:9/',
    });

  /** What can be used up is made anew for each example. */
  const makers: Record<Name, () => Promise<Json>> = {
    agent: async () => (await post('/agents/register', { name: newName(), capabilities: ['example'] })).id,
    pipeline: () => makePipeline({ type: 'echo' }),
    async changedPipeline() {
      const id = await makePipeline({ type: 'echo' });
      const body = { revision: 1, document: EXAMPLE_DOCUMENT };
      await http.call(`/api/v1/pipelines/${id}/draft`, body, { method: 'PUT' });
      return id;
    },
    async version() {
      const { body } = await http.call(`/api/v1/pipelines/${await makePipeline({ type: 'echo' })}/versions`);
      return body.versions[0].id;
    },
    async archivedPipeline() {
      const id = await makePipeline({ type: 'echo' });
      return (await post(`/pipelines/${id}/archive`, {})).id;
    },
    holder: async () => (await held()).agent,
    heldTask: async () => (await held()).task,
    heldObject: async () => (await held()).object,
    run: async () => (await finishedRun()).id,
    task: async () => (await finishedRun()).stages[0].task_id,
    object: async () => (await finishedRun()).input.$object,
    openRun: () => start({ type: 'sleep', config: { ms: 3_600_000 } }),
    async pausedRun() {
      const id = await start({ type: 'sleep', config: { ms: 3_600_000 } });
      return (await post(`/runs/${id}/pause`, {})).id;
    },
    async retryingTask() {
      const retry = { maxAttempts: 2, initialSeconds: 3600, maxSeconds: 3600 };
      const id = await start({ type: 'fail', retry });
      const run = await until(`/runs/${id}`, ({ stages }) => stages[0].status === 'retrying');
      return run.stages[0].task_id;
    },
    async bulk() {
      const ids = [await start({ type: 'sleep', config: { ms: 3_600_000 } })];
      return (await post('/bulk', { action: 'cancel', ids })).bulk.id;
    },
    async deadLetter() {
      const broker = http.program.services.queues as Broker;
      const message = { queue: RESPONSE_QUEUE, priority: 'medium', messageId: newName(), body: '{' } as const;
      await broker.publish([message]);
      const { dead_letters } = await until('/dead-letters', (body) => body.dead_letters.length > 0);
      return dead_letters[0].id;
    },
    email: async () => (await newMember()).email,
    newEmail: async () => `${newName().replace(' ', '-')}@example.org`,
    password: async () => PASSWORD,
    invitation: async () => (await post('/invites', { role: 'viewer' })).token,
    org: async () => (await (await owner()).ask('/api/v1/orgs', { body: { name: newName() } })).body.id,
    invite: async () => (await post('/invites', { role: 'viewer' })).id,
    key: async () => (await post('/keys', { name: newName(), role: 'viewer' })).id,
    agentToken: async () => (await post('/agent-tokens', { agent: newName() })).id,
    member: async () => (await newMember()).id,
    grantedPipeline: async () => (await granted()).pipeline,
    grantee: async () => (await granted()).member,
    async issuer() {
      const { id } = (await (await owner()).ask('/api/v1/me')).body;
      const issuer = `https://${newName().replace(' ', '-')}.example.org`;
      const password = { name: 'Owner', password: PASSWORD };
      await (await owner()).ask('/api/v1/me', { method: 'PATCH', body: password });
      await http.program.database.sql`INSERT INTO linked_identities (issuer, subject, user_id)
        VALUES (${issuer}, 'x', ${toUuid(id)}::text::uuid)`;
      return issuer;
    },
    async session() {
      const { body } = await (await owner()).ask('/api/v1/me/sessions');
      return body.sessions.find(({ is_current }: { is_current: boolean }) => is_current).id;
    },
    passkey: async () => addPasskey(await ownerAt(byName), createAuthenticator(byName), PASSWORD),
    async newCredential() {
      begun = await ownerAt(byName);
      return { ...(await makePasskey(begun, createAuthenticator(byName), { password: PASSWORD })) };
    },
    async usedCredential() {
      const authenticator = createAuthenticator(byName);
      await addPasskey(await ownerAt(byName), authenticator, PASSWORD);
      const { body } = await byName.ask('/api/v1/auth/passkey/challenge', { body: {} });
      return { ...authenticator.get(body.public_key) };
    },
    async secret() {
      const name = newName().replace(' ', '-');
      await http.call(`/api/v1/secrets/${name}`, { value: 'a value' }, { method: 'PUT' });
      return name;
    },
    notificationTarget: async () => (await makeTarget()).id,
    async delivery() {
      const { id } = await makeTarget();
      return (await post(`/notification-targets/${id}/test`, {})).delivery_id;
    },
    async errorGroup() {
      const id = await start({ type: 'fail' });
      const { error_group } = await until(`/runs/${id}`, ({ status }) => status === 'failed');
      await until('/analytics/errors', ({ groups }) =>
        groups.some((group: HttpBody) => group.id === error_group),
      );
      return error_group;
    },
    workspaceRun: async () => (await shared()).run,
    workspaceTask: async () => (await shared()).run.replace(/^run/, 'task').concat('_0'),
    claim: async () => (await shared()).claim,
    ...makeMcpExamples({ post, ask: async (path, body) => (await http.call(`/api/v1${path}`, body)).body }),
    app: async () => {
      await (await newAppClient(byAddress, await ownerAt(byAddress))).connect();
      return (await (await owner()).ask('/api/v1/apps')).body.apps[0].id;
    },
    async appRequest() {
      const browser = await ownerAt(byAddress);
      const { request, headers } = await (await newAppClient(byAddress, browser)).begin();
      sentBy = (headers.cookie ?? '').slice(browser.cookie.length);
      return request;
    },
    newName: async () => newName(),
  };
  const nameOf = new Map<unknown, Name>(
    Object.entries(EXAMPLE).map(([name, value]) => [value, name as Name]),
  );

  async function settle(value: Json): Promise<Json> {
    const name = nameOf.get(value);
    if (name !== undefined) return makers[name]();
    if (Array.isArray(value)) return Promise.all(value.map(settle));
    if (!isJsonObject(value)) return value;
    const entries = Object.entries(value).map(async ([key, part]) => [key, await settle(part)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }
  return {
    async asPerson() {
      const { headers, cookie } = begun ?? (await owner());
      begun = undefined;
      return { ...headers, cookie: cookie + sentBy };
    },
    settle: (example) => settle(example as Json) as Promise<never>,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are read by a test, which fails when they are not as it says
type HttpBody = any;

const at = (origin: string) => ({ origin, ask: askAt(origin) });

function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
