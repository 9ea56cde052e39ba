import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comes, until } from '#server/testing/faults/until.ts';
import { startKillableUpstream } from '#server/testing/mcp/killable-upstream.ts';
import { startTableApi } from '#server/testing/mcp/table-api.ts';
import { ASKING_PROGRAMS, type McpRig, REAL_PROGRAMS, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream } from '#server/testing/mcp-upstream.ts';
import { joinAs, signInByLink } from '#server/testing/people.ts';
import { startReceiver } from '#server/testing/receiver.ts';

let rig: McpRig;
beforeAll(async () => {
  rig = await startMcpRig({ SIGNALBOX_MCP_PROGRAMS: `${REAL_PROGRAMS},${ASKING_PROGRAMS}` });
});
afterAll(() => rig[Symbol.asyncDispose]());

/**
 * Processes that this test process has started and that still live: zombies are gone as good as. Asked for while the server
 * in this process goes on: on a busy machine the answer takes a second, and is asked for again and again.
 */
async function children(): Promise<{ pid: number; command: string }[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,stat=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid = '', parent = '', stat = '', command = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const isOurs = Number(parent) === process.pid && !stat.startsWith('Z');
    return isOurs && command.includes('modelcontextprotocol/server-') ? [{ pid: Number(pid), command }] : [];
  });
}
const pidOf = async (name: string): Promise<number> => {
  const found = (await children()).find(({ command }) => command.includes(`server-${name}`));
  if (!found) throw new Error(`${name} does not run`);
  return found.pid;
};
const idOf = async (slug: string): Promise<string> => {
  const { connections } = await rig.ask('/connections?limit=200');
  return connections.find((each: { slug: string }) => each.slug === slug).id;
};

const folderOf = (id: string): string => join(rig.http.program.dataDir, 'mcp', id.slice(5));

describe('programs that are MCP servers', () => {
  test('are connected from the catalogue, and their tools are called', async () => {
    for (const server_type of ['memory', 'sequential-thinking', 'filesystem', 'everything']) {
      await rig.join({ server_type });
    }
    const made = await rig.call('memory__create_entities', {
      entities: [{ name: 'Ada', entityType: 'person', observations: ['wrote programs'] }],
    });
    expect(made.body.is_error, JSON.stringify(made.body)).toBe(false);
    const read = await rig.call('memory__read_graph');
    expect(JSON.stringify(read.body)).toContain('wrote programs');
    const thought = await rig.call('sequential-thinking__sequentialthinking', {
      ...{ thought: 'First', thoughtNumber: 1, totalThoughts: 1, nextThoughtNeeded: false },
    });
    expect(thought.body.is_error).toBe(false);
    const folder = folderOf(await idOf('filesystem'));
    const written = await rig.call('filesystem__write_file', {
      path: join(folder, 'note.txt'),
      content: 'Hello',
    });
    expect(written.body.is_error, JSON.stringify(written.body)).toBe(false);
    expect(existsSync(join(folder, 'note.txt'))).toBe(true);
    const outside = await rig.call('filesystem__read_text_file', { path: '/etc/passwd' });
    expect(outside.body.is_error).toBe(true);
  });

  test('read and change tables of a Postgres, with a key that is shown to nobody', async () => {
    const { sql } = rig.http.program.database;
    await sql`CREATE SCHEMA shop`;
    await sql`CREATE TABLE shop.books (id int PRIMARY KEY, title text NOT NULL)`;
    await using tables = await startTableApi(sql);
    await rig.join({
      ...{ slug: 'tables', program: 'postgrest' },
      args: ['--apiUrl', tables.url, '--schema', 'shop', '--apiKey', '{SHOP_KEY}'],
      variables: { SHOP_KEY: 'key-of-the-shop' },
    });
    const call = async (name: string, args: object) => {
      const { status, body } = await rig.call(`tables__${name}`, args);
      expect([status, body.is_error], JSON.stringify(body)).toEqual([200, false]);
      return JSON.parse(body.result.content[0].text);
    };
    const ask = async (method: string, path: string, body?: object) =>
      (await call('postgrestRequest', { method, path, ...(body ? { body } : {}) })).result;
    await ask('POST', '/books', { id: 1, title: 'Notes' });
    await ask('POST', '/books', { id: 2, title: 'Letters' });
    expect(await ask('PATCH', '/books?id=eq.2', { title: 'More letters' })).toEqual([
      { id: 2, title: 'More letters' },
    ]);
    const query = 'select title from books order by id desc limit 1';
    const { method, path } = await call('sqlToRest', { sql: query });
    expect(await ask(method, path)).toEqual([{ title: 'More letters' }]);
    expect(await sql`SELECT id, title FROM shop.books ORDER BY id`).toEqual([
      { id: 1, title: 'Notes' },
      { id: 2, title: 'More letters' },
    ]);
    expect(new Set(tables.seen.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer key-of-the-shop']),
    );
    expect(JSON.stringify(await rig.ask('/connections?limit=200'))).not.toContain('key-of-the-shop');
  });

  test('may be of the new generation, as one that people have published is', async () => {
    const found = { results: [{ id: '/books/notes', title: 'Notes', description: 'All of them.' }] };
    // The service that it asks, which is far away from here.
    await using library = await startReceiver((response, _number, { path }) =>
      response.end(path.includes('/libs/search') ? JSON.stringify(found) : 'Write `note()`.'),
    );
    const id = await rig.join({
      ...{ slug: 'docs', program: 'context7', variables: { CONTEXT7_API_URL: library.url } },
    });
    expect((await rig.ask(`/connections/${id}`)).health).toMatchObject({ ok: true, generation: '2026' });
    const search = await rig.call('docs__resolve-library-id', { query: 'How?', libraryName: 'notes' });
    expect(search.body.result.content[0].text).toContain('/books/notes');
    const read = await rig.call('docs__query-docs', { query: 'How?', libraryId: '/books/notes' });
    expect(read.body.result.content[0].text).toContain('Write `note()`.');
  });

  test('see nothing of the environment of this process', async () => {
    const { body } = await rig.call('everything__get-env');
    const seen = JSON.parse(body.result.content[0].text);
    expect(Object.keys(seen).sort()).toEqual(['HOME', 'LANG', 'PATH', 'TMPDIR']);
    expect(JSON.stringify(seen)).not.toContain('postgres');
  });

  test('when one is killed, the others answer and the next call starts it again', async () => {
    process.kill(await pidOf('memory'), 'SIGKILL');
    const [others, graph] = await Promise.all([
      rig.call('everything__echo', { message: 'still here' }),
      until('it is back', async () => {
        const answer = await rig.call('memory__read_graph');
        return answer.status === 200 ? answer : null;
      }),
    ]);
    expect(others.body.result.content[0].text).toBe('Echo: still here');
    expect(JSON.stringify(graph.body)).toContain('wrote programs');
  });

  test('are started by nobody but owners and admins of the first organisation, by names and not by paths', async () => {
    const owner = await signInByLink(rig.http, () =>
      rig.http.program.services.identity.links.issueOwnerLink(),
    );
    const designer = await joinAs(rig.http, owner, 'designer');
    const connect = { slug: 'mine', program: 'memory' };
    expect((await designer.ask('/api/v1/mcp/connect', { body: connect })).status).toBe(403);
    expect((await designer.ask('/api/v1/mcp/connect', { body: { ...connect, personal: true } })).status).toBe(
      403,
    );
    const { key } = (await rig.http.call('/api/v1/keys', { name: 'k', role: 'owner' })).body;
    const byKey = await rig.http.ask('/api/v1/mcp/connect', {
      ...{ body: connect, headers: { authorization: `Bearer ${key}` } },
    });
    expect(byKey.status).toBe(403);
    for (const program of ['/bin/sh', 'node', 'memory; rm -rf /', '../memory']) {
      const answer = await rig.try('/connect', { slug: 'evil', program });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    for (const name of ['NODE_OPTIONS', 'LD_PRELOAD', 'PATH', 'PYTHONSTARTUP', 'npm_config_registry']) {
      const answer = await rig.try('/connect', {
        slug: 'evil',
        program: 'memory',
        variables: { [name]: 'x' },
      });
      expect([name, answer.status]).toEqual([name, 400]);
    }
  });

  test('after many connects and disconnects none is left, and nothing that it had', async () => {
    const before = (await children()).length;
    const round = async (number: number) => {
      const { connection_id, ...made } = await rig.ask('/connect', {
        slug: `round-${number}`,
        program: 'memory',
        variables: { MEMORY_FILE_PATH: '{folder}/m.jsonl' },
      });
      expect(made, JSON.stringify(made)).toMatchObject({ status: 'connected' });
      const folder = folderOf(connection_id);
      expect(existsSync(folder)).toBe(true);
      await rig.ask(`/connections/${connection_id}`, undefined, 'DELETE');
      folders.push(folder);
    };
    const folders: string[] = [];
    for (let number = 0; number < 12; number += 4) {
      await Promise.all([0, 1, 2, 3].map((add) => round(number + add)));
    }
    await until('all have ended', async () => (await children()).length <= before);
    await until('their folders are gone', async () => !folders.some((folder) => existsSync(folder)));
  });

  test('a call that waited for its turn starts none for a connection that is gone', async () => {
    const before = (await children()).length;
    const id = await rig.join({ slug: 'queued', program: 'everything', max_concurrent: 1 });
    const work = { duration: 120, steps: 2 };
    const calls = [1, 2, 3].map(() => rig.call('queued__trigger-long-running-operation', work));
    await until('one is at work', async () => (await rig.ask(`/connections/${id}`)).in_flight === 1);
    await rig.ask(`/connections/${id}`, undefined, 'DELETE');
    for (const { status } of await Promise.all(calls)) expect(status).toBeGreaterThanOrEqual(400);
    await until('it has ended', async () => (await children()).length <= before && !existsSync(folderOf(id)));
  });
});

test('a server over HTTP that is killed in the middle of a call rests, hides no other, and is back by itself', async () => {
  await using there = await startKillableUpstream();
  await using beside = await startUpstream([echoTool('ask')]);
  const id = await rig.join({ slug: 'killed', url: there.url });
  await rig.join({ slug: 'beside', url: beside.url });
  const question = { question: 'Why?' };
  const breaker = async () => (await rig.ask(`/connections/${id}`)).breaker.state;
  expect((await rig.call('killed__ask', question)).status).toBe(200);
  const cut = rig.call('killed__hang');
  await comes('the call', there.hangs);
  await there.kill();
  expect((await cut).status).toBe(503);
  expect((await rig.call('beside__ask', question)).status).toBe(200);
  await until('it is left alone', async () => {
    const { status, body } = await rig.call('killed__ask', question);
    expect(status).toBe(503);
    return body.detail.includes('left alone for a moment');
  });
  expect(await breaker()).not.toBe('closed');
  expect((await rig.call('beside__ask', question)).status).toBe(200);
  const { tools } = await rig.ask('/tools');
  const names = tools.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(['killed__ask', 'beside__ask']));
  await using again = await startKillableUpstream(there.port);
  expect(again.url).toBe(there.url);
  // With nobody asking for it.
  await until('it is back', async () => (await breaker()) === 'closed', 180_000);
  expect((await rig.call('killed__ask', question)).status).toBe(200);
});

test('when the program stops, so do the servers that it has started', async () => {
  const own = await startMcpRig({ SIGNALBOX_MCP_PROGRAMS: REAL_PROGRAMS });
  const before = new Set((await children()).map(({ pid }) => pid));
  await own.join({ server_type: 'everything' });
  const mine = (await children()).filter(({ pid }) => !before.has(pid));
  expect(mine.length).toBeGreaterThan(0);
  await own[Symbol.asyncDispose]();
  const pids = new Set(mine.map(({ pid }) => pid));
  await until('they have ended', async () => !(await children()).some(({ pid }) => pids.has(pid)));
});
