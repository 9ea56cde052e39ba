import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExampleWorld, type ExampleWorld } from '#server/testing/example-world.ts';
import type { TestServer } from '#server/testing/http.ts';
import { askMcp } from '#server/testing/mcp/ask-mcp.ts';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { startUpstream, type TestUpstream } from '#server/testing/mcp-upstream.ts';
import { tools } from '../tools/index.ts';
import type { Tool } from '../tools/tool.ts';

/** What each tool of ours is to a client, written down once more and apart from the tools. */
const READING = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
const ADDING = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false };
const SETTING = { ...ADDING, idempotentHint: true };
const ENDING = { ...SETTING, destructiveHint: true };
const STARTING = { ...ADDING, destructiveHint: true, openWorldHint: true };

const TABLE: Readonly<Record<string, typeof READING>> = {
  pipelines_list: READING,
  runs_list: READING,
  run_status: READING,
  run_wait: READING,
  run_logs: READING,
  task_status: READING,
  task_logs: READING,
  agents_list: READING,
  agent_status: READING,
  file_list: READING,
  file_read: READING,
  file_history: READING,
  pipeline_run: STARTING,
  run_replay: STARTING,
  run_cancel: ENDING,
  file_write: ADDING,
  file_edit: ADDING,
  file_delete: ENDING,
  claim_file: ADDING,
  renew_claim: SETTING,
  release_file: SETTING,
  log_step: ADDING,
  join_collab: SETTING,
  leave_collab: SETTING,
  send_message: ADDING,
  inbox: SETTING,
  // Whoever came in before under the name is out by it.
  agent_register: ADDING,
  task_claim: ADDING,
  task_heartbeat: SETTING,
  task_complete: SETTING,
  task_fail: SETTING,
};

let rig: McpRig;
let upstream: TestUpstream;
let http: TestServer;
let world: ExampleWorld;
beforeAll(async () => {
  rig = await startMcpRig();
  ({ http } = rig);
  world = createExampleWorld(http);
  upstream = await startUpstream();
  // There is something to be found.
  await rig.join({ slug: 'other', url: upstream.url });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

interface Listed {
  name: string;
  title?: string;
  description?: string;
  icons?: { src: string; mimeType: string }[];
  inputSchema: { type: string };
  outputSchema?: { type: string };
  annotations?: { title?: string };
}
const listAt = async (path: string): Promise<Listed[]> => {
  const headers = { authorization: `Bearer ${http.secret}` };
  const { body } = await askMcp(http, { method: 'tools/list', headers, path });
  if (body.error) throw new Error(`${path}: ${JSON.stringify(body)}`);
  return body.result.tools;
};

test('every tool of ours says what it is called, takes, answers and may do, as the table has it', async () => {
  const { body } = await http.call('/api/v1/pipelines', {
    name: 'A pipeline as a tool',
    stages: [{ name: 'only', type: 'echo' }],
  });
  await http.call(`/api/v1/pipelines/${body.id}`, { tool_name: 'hinted' }, { method: 'PATCH' });
  const listed = [...(await listAt('/mcp')), ...(await listAt('/mcp/gateway/search'))];
  const wanted = { ...TABLE, pipe_hinted: STARTING, find_tools: READING, call_tool: STARTING };
  expect(listed.map(({ name }) => name).sort()).toEqual(Object.keys(wanted).sort());
  for (const { name, title, description, icons, inputSchema, outputSchema, annotations } of listed) {
    expect([name, annotations]).toEqual([name, { title, ...wanted[name as keyof typeof wanted] }]);
    expect([name, title?.trim(), description?.trim()]).toEqual([
      ...[name, expect.stringMatching(/^[A-Z]/), expect.stringMatching(/^[A-Z].*\.$/s)],
    ]);
    expect([name, inputSchema.type]).toEqual([name, 'object']);
    // What is called by it answers as it does itself.
    if (name !== 'call_tool') expect([name, outputSchema?.type]).toEqual([name, 'object']);
    expect([name, icons]).toEqual([name, [expect.objectContaining({ mimeType: 'image/svg+xml' })]]);
    expect(icons?.[0]?.src).toMatch(/^data:image\/svg\+xml;base64,/);
  }
});

/** When something was done is no difference in what was done. */
const MOMENT = String.raw`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.\d]*([+-]\d\d|Z)?`;

/** Nor how often somebody has looked whether there is something to do: what they count stands in rows of its own. */
const COUNTERS = '{revision,seq}';

/** A digest of each table, so that a difference is named. */
async function readTables({ withMoments }: { withMoments: boolean }): Promise<Record<string, string>> {
  const { sql } = http.program.database;
  const names = await sql<{ name: string }[]>`SELECT quote_ident(relname) AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`;
  const row = withMoments
    ? 't::text'
    : `regexp_replace((to_jsonb(t) - '${COUNTERS}'::text[])::text, '${MOMENT}', '', 'g')`;
  const digests = names.map(
    ({ name }) =>
      `SELECT '${name}' AS name, md5(string_agg(${row}, '' ORDER BY ${row})) AS digest FROM ${name} t`,
  );
  const rows = await sql.unsafe<{ name: string; digest: string }[]>(digests.join(' UNION ALL '));
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
}

/** The tables that a call has changed. */
async function changedBy(call: () => Promise<unknown>, options: { withMoments: boolean }): Promise<string[]> {
  const before = await readTables(options);
  await call();
  const after = await readTables(options);
  return Object.keys(after).filter((name) => after[name] !== before[name]);
}

/** The server has work of its own, which goes on meanwhile: what a call changes, it changes each time. */
async function changedEachTime(
  call: () => Promise<unknown>,
  options: { withMoments: boolean },
): Promise<string[]> {
  let common = await changedBy(call, options);
  for (let times = 0; times < 4 && common.length > 0; times += 1) {
    const again = await changedBy(call, options);
    common = common.filter((name) => again.includes(name));
  }
  return common;
}

const use = async (name: string, input: object): Promise<Record<string, unknown>> => {
  const { status, body } = await http.call(`/tools/${name}`, input);
  if (status >= 300) throw new Error(`${name}: ${JSON.stringify(body)}`);
  return body;
};
const inputFor = async ({ example }: Tool): Promise<object> => (await world.settle(example)) as object;
const ofHints = (hints: object) => tools.filter(({ name }) => TABLE[name] === hints);

describe.each(ofHints(READING))('$name, which says that it reads', (tool) => {
  test('changes nothing in the database', async () => {
    const input = await inputFor(tool);
    expect(await changedEachTime(() => use(tool.name, input), { withMoments: true })).toEqual([]);
  });
});

describe('a tool that says that it changes something', () => {
  /** By what each needs before it: an input of its own for each call of `once`. */
  const open = async () => (await http.call('/api/v1/tasks', { type: 'nobody', payload: {} })).body.task_id;
  const as = 'writer';
  const claim = async () => {
    const task_id = await open();
    const { lease_id, fencing_token } = await use('claim_file', { task_id, as, paths: ['a'], seconds: 600 });
    return { task_id, as, lease_id, fencing_token };
  };
  const file = async () => {
    const task_id = await open();
    await use('file_write', { task_id, as, path: 'a.md', content: 'one' });
    return { task_id, as, path: 'a.md' };
  };
  let workers = 0;
  const register = () => {
    const capabilities = [`hints-${++workers}`];
    return { name: `worker ${workers}`, capabilities };
  };
  const visitor = async () => {
    const input = register();
    const entered = await use('agent_register', input);
    await use('task_claim', { ...entered, wait_seconds: 0 });
    await http.call('/api/v1/tasks', { type: input.capabilities[0], payload: {} });
    return entered;
  };
  const lease = async () => {
    const entered = await visitor();
    let tasks: { lease: string }[] = [];
    while (tasks.length === 0)
      ({ tasks } = (await use('task_claim', { ...entered, wait_seconds: 20 })) as never);
    return { lease: tasks[0]?.lease };
  };
  const pipeline = async () => {
    const stages = [{ name: 'only', type: 'echo' }];
    return (await http.call('/api/v1/pipelines', { name: `hints ${Math.random()}`, stages })).body.id;
  };
  const openRun = async () => (await use('task_status', { task_id: await open() })).run_id;

  const INPUTS: Readonly<Record<string, () => Promise<object>>> = {
    pipeline_run: async () => ({ pipeline_id: await pipeline() }),
    run_replay: async () => {
      const { run_id } = await use('pipeline_run', { pipeline_id: await pipeline() });
      await use('run_wait', { run_id });
      return { run_id };
    },
    run_cancel: async () => ({ run_id: await openRun(), grace_seconds: 0 }),
    file_write: async () => ({ task_id: await open(), as, path: 'new.md', content: 'x' }),
    file_edit: async () => ({ ...(await file()), edits: [{ old: 'one', new: 'two' }] }),
    file_delete: async () => ({ ...(await file()), base_version: 1 }),
    claim_file: async () => ({ task_id: await open(), as, paths: ['*.md'] }),
    renew_claim: claim,
    release_file: claim,
    log_step: async () => ({ task_id: await open(), as, message: 'Begun' }),
    join_collab: async () => ({ task_id: await open(), as }),
    leave_collab: async () => {
      const here = { task_id: await open(), as };
      await use('join_collab', here);
      return here;
    },
    send_message: async () => ({ task_id: await open(), as, body: 'hello' }),
    inbox: async () => {
      const task_id = await open();
      await use('join_collab', { task_id, as: 'reviewer' });
      await use('send_message', { task_id, as, to: 'reviewer', body: 'hello' });
      return { task_id, as: 'reviewer' };
    },
    agent_register: async () => register(),
    task_claim: visitor,
    task_heartbeat: async () => ({ ...(await lease()), progress: 0.5 }),
    task_complete: async () => ({ ...(await lease()), output: { answer: 49 } }),
    task_fail: async () => ({ ...(await lease()), message: 'it cannot be done' }),
  };

  test('is one of those below', () => {
    const changing = tools.filter(({ name }) => TABLE[name] !== READING).map(({ name }) => name);
    expect(Object.keys(INPUTS).sort()).toEqual(changing.sort());
  });

  test.each(Object.keys(INPUTS))('%s: does so', async (name) => {
    const input = (await INPUTS[name]?.()) ?? {};
    expect(await changedBy(() => use(name, input), { withMoments: true })).not.toEqual([]);
  });

  const again = Object.keys(INPUTS).filter((name) => TABLE[name]?.idempotentHint);
  test.each(again)('%s: makes no difference once more', async (name) => {
    const input = (await INPUTS[name]?.()) ?? {};
    await use(name, input);
    // It may say that there is nothing left to be done.
    const repeat = () => http.call(`/tools/${name}`, input);
    expect(await changedEachTime(repeat, { withMoments: false })).toEqual([]);
  });
});
