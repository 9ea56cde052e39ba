import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AccessWorld, createAccessWorld } from '#server/testing/access-world.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { GENERATIONS } from '#server/testing/mcp/listener.ts';
import { newClient, oldClient } from '#server/testing/mcp-rig.ts';
import { prompts } from '../prompts/index.ts';
import { resources } from '../resources/index.ts';

const STAGES = 101;

let http: TestServer;
let access: AccessWorld;
/** What there is in the organisation, of each argument that can be completed. */
const ours = {} as Record<'pipeline' | 'run_id' | 'task_id' | 'agent_id' | 'path', string>;

async function post(path: string, body: object) {
  const answer = await http.call(path, body);
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

beforeAll(async () => {
  http = await startTestServer({ MAX_AGENTS: '1000' });
  access = await createAccessWorld(http);
  const stages = Array.from({ length: STAGES }, (_, at) => ({
    ...{ name: `s${at}`, type: 'sleep', config: { ms: 3_600_000 } },
  }));
  const many = await post('/api/v1/pipelines', { name: 'Ours, with many stages', stages });
  const run = await post(`/api/v1/pipelines/${many.id}/execute`, {});
  const failing = await post('/api/v1/pipelines', {
    name: 'Ours too',
    stages: [{ name: 'only', type: 'fail', retry: { maxAttempts: 1 } }],
  });
  const failed = await post(`/api/v1/pipelines/${failing.id}/execute`, {});
  await post('/tools/run_wait', { run_id: failed.id });
  const agents: string[] = [];
  for (let at = 0; at < STAGES; at += 1)
    agents.push((await post('/api/v1/agents/register', { name: `many ${at}`, capabilities: ['x'] })).id);
  const task_id = run.stages[0].task_id;
  for (let at = 0; at < STAGES; at += 1)
    await post('/tools/file_write', {
      task_id,
      path: `notes/${String(at).padStart(3, '0')}.md`,
      content: 'x',
    });
  Object.assign(ours, {
    ...{ pipeline: 'Ours, with many stages', run_id: failed.id, task_id, agent_id: agents[0] },
    path: 'notes/000.md',
  });
});
afterAll(() => http[Symbol.asyncDispose]());

type Argument = keyof typeof ours;
type Ref = { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string };

const ofPrompts = prompts.flatMap(({ name, args }) =>
  args
    .filter(({ complete }) => complete)
    .map((arg) => ({ of: name, ref: { type: 'ref/prompt', name } as Ref, argument: arg.name as Argument })),
);
const ofTemplates = resources.flatMap(({ template, complete = {} }) =>
  Object.keys(complete).map((argument) => ({
    ...{ of: template, ref: { type: 'ref/resource', uri: template } as Ref, argument: argument as Argument },
  })),
);

test('every variable of a template of ours can be completed, and every argument of a prompt that names something', () => {
  const variables = resources.flatMap(({ template, example }) =>
    Object.keys(example).map((name) => [template, name]),
  );
  expect(ofTemplates.map(({ of, argument }) => [of, argument])).toEqual(variables);
  expect(ofPrompts.map(({ of, argument }) => [of, argument])).toEqual([
    ['run_pipeline', 'pipeline'],
    ['explain_failure', 'run_id'],
  ]);
});

interface Completed {
  values: string[];
  total?: number | undefined;
  hasMore?: boolean | undefined;
}

describe.each(GENERATIONS)('a client of the %s generation', (generation) => {
  async function complete(
    { ref, argument }: { ref: Ref; argument: string },
    value: string,
    key: string = http.secret,
  ): Promise<Completed> {
    const client = await (generation === 'old' ? oldClient : newClient)(http, '/mcp', key);
    try {
      const context = { arguments: { task_id: ours.task_id } };
      return (await client.complete({ ref, argument: { name: argument, value }, context })).completion;
    } finally {
      await client.close();
    }
  }

  describe.each([...ofPrompts, ...ofTemplates])('$argument of $of', (asked) => {
    test('is offered what there is, by how it begins', async () => {
      const mine = ours[asked.argument];
      for (const beginning of ['', mine.slice(0, -1), mine])
        expect((await complete(asked, beginning)).values).toContain(mine);
      expect((await complete(asked, 'no such thing')).values).toEqual([]);
    });

    test('is offered a hundred at most, and it is said when there are more', async () => {
      const { values, total, hasMore } = await complete(asked, '');
      const isMany = ['task_id', 'agent_id', 'path'].includes(asked.argument);
      expect(values.length).toBe(new Set(values).size);
      expect([values.length, hasMore]).toEqual(isMany ? [100, true] : [total, false]);
      if (isMany) expect(total).toBeGreaterThan(100);
    });

    test('is offered nothing of another organisation, nor what a key may not read', async () => {
      const mine = ours[asked.argument];
      expect((await complete(asked, '', access.strangerKey)).values).not.toContain(mine);
      expect((await complete(asked, mine, access.strangerKey)).values).toEqual([]);
      const lacking = await access.makeKey({ scopes: ['audit:read'] });
      for (const beginning of ['', mine])
        expect((await complete(asked, beginning, lacking.key)).values).toEqual([]);
    });
  });

  test('is told that what it names is not there', async () => {
    const unknown: Ref[] = [
      { type: 'ref/prompt', name: 'nonsense' },
      { type: 'ref/resource', uri: 'nonsense://{x}' },
    ];
    for (const ref of unknown)
      await expect(complete({ ref, argument: 'x' }, '')).rejects.toMatchObject({ code: -32_602 });
    const known = { type: 'ref/prompt', name: 'run_pipeline' } as const;
    expect((await complete({ ref: known, argument: 'nonsense' }, '')).values).toEqual([]);
  });
});
