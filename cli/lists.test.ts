import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../sdk/typescript/index.mjs';
import { type Asked, startScriptedServer } from '../sdk/typescript/testing/scripted-server.ts';
import { findPipeline } from './commands/pipelines.mjs';
import { runs } from './commands/runs.mjs';
import { NAMES } from './names.mjs';
import { createOutput } from './output.mjs';

/** A server with so many runs and pipelines, that gives no more of them at once than it is asked for. */
async function open(count: number) {
  const server = await startScriptedServer(({ path, query }: Asked) => {
    const from = Number(query.get('cursor') ?? 0);
    const to = Math.min(count, from + Number(query.get('limit') ?? 50));
    const items = Array.from({ length: to - from }, (_, at) => ({
      ...{ id: `run_${from + at}`, name: `pipe ${from + at}`, status: 'running', progress: 0 },
    }));
    return { body: { [path.slice(1)]: items, next_cursor: to < count ? String(to) : null } };
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, client: createClient({ url: server.url, token: 'the-token' }) };
}

async function listRuns(count: number, options: Record<string, unknown> = {}) {
  const { client } = await open(count);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const out = createOutput({
    isJson: true,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
  });
  await runs.run({ args: [], options, out, client: () => client });
  return { listed: JSON.parse(String(stdout.read())).length, remark: String(stderr.read() ?? '') };
}

test.each([
  [{ count: 50, limit: undefined }, 50, ''],
  [{ count: 51, limit: undefined }, 50, 'There are more than these 50: give a greater --limit.\n'],
  [{ count: 450, limit: '420' }, 420, 'There are more than these 420: give a greater --limit.\n'],
  [{ count: 450, limit: '450' }, 450, ''],
  [{ count: 450, limit: '1000' }, 450, ''],
])(
  '%j: as many runs are listed as are wanted, and it is said where there are more',
  async (given, listed, remark) => {
    const { count, limit } = given;
    expect(await listRuns(count, { limit })).toEqual({ listed, remark });
  },
);

test.each(['0', 'many', '1.5', '-3'])('--limit %s is no number of runs', async (limit) => {
  await expect(listRuns(1, { limit })).rejects.toThrow(`--limit is "${limit}"`);
});

test('a name is completed among all that the server has, not among its newest', async () => {
  const { server, client } = await open(1);
  await NAMES.pipelines(client, 'dai');
  await NAMES.runs(client, 'run_4f');
  await NAMES.openRuns(client, '4f');
  await NAMES.runs(client, 'no id');
  const sent = server.asked.map(({ query }) => query.get('search') ?? query.get('id_prefix'));
  expect(sent).toEqual(['dai', 'run_4f', '4f', null]);
});

test('what looks like an id of a pipeline is none of a pipeline that has it for a name', async () => {
  const id = `pipe_${'a'.repeat(32)}`;
  const impostor = { id: `pipe_${'b'.repeat(32)}`, name: id };
  const real = { id, name: 'real' };
  const server = await startScriptedServer(() => ({
    body: { pipelines: [impostor, real], next_cursor: null },
  }));
  onTestFinished(() => server[Symbol.asyncDispose]());
  const client = createClient({ url: server.url, token: 'the-token' });
  expect(await findPipeline(client, id)).toEqual(real);
  expect(await findPipeline(client, 'real')).toEqual(real);
  await expect(findPipeline(client, `pipe_${'c'.repeat(32)}`)).rejects.toThrow('There is no pipeline');
});
