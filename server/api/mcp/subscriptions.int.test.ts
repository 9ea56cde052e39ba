import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AccessWorld, createAccessWorld } from '#server/testing/access-world.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { GENERATIONS, type Generation, listenAs, type McpListener } from '#server/testing/mcp/listener.ts';
import { resources } from '../resources/index.ts';

let http: TestServer;
let access: AccessWorld;
beforeAll(async () => {
  http = await startTestServer();
  access = await createAccessWorld(http);
});
afterAll(() => http[Symbol.asyncDispose]());

const soon = { timeout: 60_000, interval: 20 };
const anew = (name: string) => `${name}-${randomUUID().slice(0, 8)}`;

/** An answer that is none is said, where it came from. */
async function post(path: string, body: object, asked: object = {}) {
  const answer = await http.call(path, body, asked);
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
const use = (tool: string, input: object) => post(`/tools/${tool}`, input);

async function startOpenRun(): Promise<{ run: string; task: string }> {
  const stages = [{ name: 'only', type: 'sleep', config: { ms: 3_600_000 } }];
  const { id } = await post('/api/v1/pipelines', { name: anew('open'), stages });
  const run = await post(`/api/v1/pipelines/${id}/execute`, {});
  return { run: run.id, task: run.stages[0].task_id };
}

/** Something to be listened to, and what makes it another: as often as it is called. */
interface Subject {
  uri: string;
  change(): Promise<unknown>;
}

async function makeState(): Promise<Subject> {
  const { run, task } = await startOpenRun();
  let isPaused = false;
  return {
    uri: `tasks://${task}/state`,
    change() {
      isPaused = !isPaused;
      return post(`/api/v1/runs/${run}/${isPaused ? 'pause' : 'resume'}`, {});
    },
  };
}

async function makeAgent(): Promise<Subject> {
  const { id } = await post('/api/v1/agents/register', { name: anew('agent'), capabilities: ['x'] });
  let isPaused = false;
  return {
    uri: `agents://${id}/status`,
    change() {
      isPaused = !isPaused;
      return post(`/api/v1/agents/${id}/orders`, { order: isPaused ? 'pause' : 'resume', reason: 'a test' });
    },
  };
}

async function makeLog(): Promise<Subject> {
  const capability = anew('logs');
  const agent = await post('/api/v1/agents/register', { name: anew('logger'), capabilities: [capability] });
  const { generation } = agent;
  await post(`/api/v1/agents/${agent.id}/heartbeat`, { generation, beat: { in_flight: 0 } });
  const { task_id } = await post('/api/v1/tasks', { type: capability, payload: {} });
  const claimed = await post(`/api/v1/agents/${agent.id}/claim`, { generation, max: 1, wait_ms: 20_000 });
  const { epoch } = claimed.tasks[0];
  let line = 0;
  return {
    uri: `tasks://${task_id}/logs`,
    change() {
      const log = { type: 'log', task_id, epoch, line: line++, message: 'Going on' };
      return post(`/api/v1/agents/${agent.id}/reports`, { generation, reports: [log] });
    },
  };
}

async function makeFile(): Promise<Subject> {
  const { task: task_id } = await startOpenRun();
  let version = 0;
  const change = () => {
    const base_version = version++;
    return use('file_write', { task_id, path: 'a/b.md', content: `version ${version}`, base_version });
  };
  await change();
  return { uri: `workspace://${task_id}/a/b.md`, change };
}

async function makeFiles(): Promise<Subject> {
  const { task: task_id } = await startOpenRun();
  return {
    uri: `tasks://${task_id}/files`,
    change: () => use('file_write', { task_id, path: anew('file'), content: 'x' }),
  };
}

async function makeCollaboration(): Promise<Subject> {
  const { task: task_id } = await startOpenRun();
  return {
    uri: `collaboration://${task_id}`,
    change: () => use('join_collab', { task_id, as: anew('somebody') }),
  };
}

const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  'task-state': makeState,
  'task-logs': makeLog,
  'task-files': makeFiles,
  'workspace-file': makeFile,
  collaboration: makeCollaboration,
  'agent-status': makeAgent,
};

test('every resource of ours is one that the tests below listen to', () => {
  expect(resources.map(({ name }) => name).sort()).toEqual(Object.keys(SUBJECTS).sort());
});

const rows = GENERATIONS.flatMap((generation) =>
  Object.entries(SUBJECTS).map(([name, make]) => ({ generation, name, make })),
);
const listen = (generation: Generation, key = http.secret) => listenAs(generation, http.origin, key);

/** Until it is told of this: then all that was said before has come. */
async function hearOf({ heard }: McpListener, { uri, change }: Subject): Promise<void> {
  const before = heard.filter((one) => one === uri).length;
  await change();
  await vi.waitFor(() => expect(heard.filter((one) => one === uri).length).toBeGreaterThan(before), soon);
}

describe.each(rows)('$name, for a client of the $generation generation', ({ generation, make }) => {
  test('tells whoever subscribes that it has changed, and nothing more once they have unsubscribed', async () => {
    const [subject, marker] = [await make(), await makeState()];
    await using listener = await listen(generation);
    await using witness = await listen(generation);
    await listener.subscribe(marker.uri);
    const unsubscribe = await listener.subscribe(subject.uri);
    await witness.subscribe(subject.uri);
    await hearOf(listener, subject);
    await unsubscribe();
    await hearOf(listener, marker);
    listener.heard.length = 0;
    for (let times = 0; times < 2; times += 1) await hearOf(witness, subject);
    await hearOf(listener, marker);
    expect(new Set(listener.heard)).toEqual(new Set([marker.uri]));
  });

  test('is refused to another organisation, as if it were not there', async () => {
    const { uri } = await make();
    await using stranger = await listen(generation, access.strangerKey);
    const nobody = uri.replace(/_[0-9a-f]{32}/, `_${'0'.repeat(12)}7${'0'.repeat(3)}8${'0'.repeat(15)}`);
    const refusalOf = (asked: string) =>
      stranger.subscribe(asked).then(
        () => 'none',
        (error: Error) => error.message.replaceAll(asked, 'it').replaceAll(/[a-z]+_[0-9a-f_]{32,}/g, 'ID'),
      );
    const refusal = await refusalOf(uri);
    expect(refusal).toMatch(/There is no (agent|task|run) ID/);
    expect(refusal).toBe(await refusalOf(nobody));
    const kept = await http.program.database
      .sql`SELECT 1 FROM mcp_sessions WHERE ${uri} = ANY (subscriptions)`;
    expect(kept).toHaveLength(0);
  });
});

describe.each(GENERATIONS)('a client of the %s generation', (generation) => {
  test('that listens to one file hears of no other, of no message and of no claim', async () => {
    const [file, marker] = [await makeFile(), await makeState()];
    const task_id = file.uri.split('/')[2];
    await using listener = await listen(generation);
    await using witness = await listen(generation);
    for (const { uri } of [file, marker]) await listener.subscribe(uri);
    const folder = `tasks://${task_id}/files`;
    await witness.subscribe(folder);
    const others = [
      () => use('file_write', { task_id, path: anew('other'), content: 'x' }),
      () => use('send_message', { task_id, as: 'writer', body: 'hello' }),
      () => use('claim_file', { task_id, as: 'writer', paths: ['other/*'] }),
    ];
    for (const change of others) await hearOf(witness, { uri: folder, change });
    await hearOf(listener, marker);
    expect(new Set(listener.heard)).toEqual(new Set([marker.uri]));
    await hearOf(listener, file);
  });

  test('can wait for a file that is not there yet', async () => {
    const { task: task_id } = await startOpenRun();
    await using listener = await listen(generation);
    const uri = `workspace://${task_id}/result.md`;
    await listener.subscribe(uri);
    await hearOf(listener, {
      uri,
      change: () => use('file_write', { task_id, path: 'result.md', content: 'x' }),
    });
    await expect(listener.subscribe(`workspace://${task_id}/../result.md`)).rejects.toThrow();
  });
});

test('an agent that goes from task to task in one session hears of each, though the one before is closed to it', async () => {
  const name = anew('worker');
  const { token } = await post('/api/v1/agent-tokens', { agent: name });
  const asAgent = async (tool: string, body: object) => {
    const answer = await http.ask(`/tools/${tool}`, { body, headers: { authorization: `Bearer ${token}` } });
    expect([tool, answer.status, answer.body]).toEqual([tool, 200, answer.body]);
    return answer.body;
  };
  const capability = anew('work');
  const visitor = await asAgent('agent_register', { name, capabilities: [capability] });
  const take = async () => {
    const { task_id } = await post('/api/v1/tasks', { type: capability, payload: {} });
    const { tasks } = await asAgent('task_claim', { ...visitor, wait_seconds: 20 });
    await asAgent('task_heartbeat', { lease: tasks[0].lease });
    return { task_id, lease: tasks[0].lease };
  };
  await using listener = await listen('old', token);
  const first = await take();
  await listener.subscribe(`tasks://${first.task_id}/files`);
  await asAgent('task_complete', { lease: first.lease, output: {} });
  const { task_id } = await take();
  const uri = `tasks://${task_id}/files`;
  await listener.subscribe(uri);
  await hearOf(listener, {
    uri,
    change: () => asAgent('file_write', { task_id, path: 'a.md', content: 'x' }),
  });
});
