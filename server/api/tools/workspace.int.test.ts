import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExampleWorld } from '#server/testing/example-world.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { askMcp } from '#server/testing/mcp/ask-mcp.ts';
import { EXAMPLE } from '../operations/examples.ts';
import { workspaceResources } from '../resources/workspaces.ts';
import { workspaceTools } from './workspace.ts';

let http: TestServer;
beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());

/** It waits for an agent that never comes. */
const open = async (): Promise<string> => {
  const { body } = await http.call('/api/v1/tasks', { type: 'nobody', payload: {} });
  return body.task_id;
};
const use = (name: string, input: object) => http.call(`/tools/${name}`, input);

describe('two agents by plain HTTP', () => {
  test('collide on a claim and on a version, are told by whom, and both come through', async () => {
    const task_id = await open();
    const writer = { task_id, as: 'writer', path: 'report.md' };
    const reviewer = { task_id, as: 'reviewer', path: 'report.md' };
    const claim = (await use('claim_file', { task_id, as: 'writer', paths: ['*.md'] })).body;
    const { lease_id, fencing_token } = claim;
    const shown = { lease_id, fencing_token };
    await use('file_write', { ...writer, ...shown, content: 'one\n' });
    expect(await use('file_write', { ...reviewer, content: 'mine\n', base_version: 1 })).toMatchObject({
      status: 409,
      body: {
        code: 'CONFLICT',
        detail: expect.stringMatching(/report\.md is claimed by writer since /),
        conflict: { kind: 'locked', held_by: { name: 'writer', since: claim.since, until: claim.until } },
      },
    });
    expect((await use('renew_claim', { task_id, as: 'writer', ...shown, seconds: 120 })).body.until).not.toBe(
      claim.until,
    );
    expect((await use('release_file', { task_id, as: 'writer', ...shown })).body).toEqual({ released: true });
    expect((await use('release_file', { task_id, as: 'writer', ...shown })).body).toEqual({
      released: false,
    });
    const edits = [{ old: 'one', new: 'two' }];
    expect((await use('file_edit', { ...reviewer, edits })).body).toMatchObject({
      version: 2,
      diff: '@@ -1,1 +1,1 @@\n-one\n+two\n',
    });
    expect((await use('file_write', { ...writer, content: 'three\n', base_version: 1 })).body).toMatchObject({
      conflict: {
        kind: 'outdated',
        version: 2,
        changed_by: 'reviewer',
        diff: '@@ -1,1 +1,1 @@\n-one\n+two\n',
      },
    });
    expect((await use('file_history', { task_id, path: 'report.md' })).body.changes).toMatchObject([
      { version: 2, kind: 'edit', changed_by: 'reviewer', fencing_token: null },
      { version: 1, kind: 'write', changed_by: 'writer', fencing_token },
    ]);
  });

  test('talk, and leave what they held', async () => {
    const task_id = await open();
    const as = (name: string) => ({ task_id, as: name });
    await use('join_collab', { ...as('writer'), about: 'writes' });
    await use('claim_file', { ...as('writer'), paths: ['a'] });
    const { collaborators } = (await use('join_collab', as('reviewer'))).body;
    expect(collaborators).toMatchObject([
      { name: 'writer', about: 'writes', is_here: true },
      { name: 'reviewer' },
    ]);
    await use('send_message', { ...as('reviewer'), to: 'writer', body: 'may I?' });
    expect((await use('inbox', as('writer'))).body.messages).toMatchObject([
      { from: { name: 'reviewer' }, to: { name: 'writer' }, body: 'may I?' },
    ]);
    expect((await use('leave_collab', as('writer'))).body).toEqual({ released: 1 });
    expect((await use('claim_file', { ...as('reviewer'), paths: ['a'] })).status).toBe(200);
  });
});

describe('an agent with a token of its own', () => {
  test('has the files of the run that it works for, as the work of its stage, and no others', async () => {
    const { token } = (await http.call('/api/v1/agent-tokens', { agent: 'scribe' })).body;
    const headers = { authorization: `Bearer ${token}` };
    const ask = (path: string, body: object) => http.ask(path, { body, headers });
    const capabilities = ['scribble'];
    const { id, generation } = (await ask('/api/v1/agents/register', { name: 'scribe', capabilities })).body;
    const { task_id, run_id } = (await http.call('/api/v1/tasks', { type: 'scribble', payload: {} })).body;
    await ask(`/api/v1/agents/${id}/claim`, { generation, max: 1, wait_ms: 20_000 });
    await http.call(`/tools/file_write`, { task_id, path: 'given.md', content: 'by people' });
    const accepted = { type: 'accepted', task_id, epoch: 1 };
    await ask(`/api/v1/agents/${id}/reports`, { generation, reports: [accepted] });
    expect(await ask('/tools/file_write', { task_id, path: 'a.md', content: 'x' })).toMatchObject({
      status: 200,
    });
    expect((await ask('/tools/file_read', { task_id: run_id, path: 'given.md' })).body.content).toBe(
      'by people',
    );
    expect((await use('file_history', { task_id, path: 'a.md' })).body.changes).toMatchObject([
      { changed_by: 'scribe', stage: 'task' },
    ]);
    const other = await open();
    for (const name of ['file_list', 'file_write'])
      expect(
        await ask(`/tools/${name}`, {
          task_id: other,
          ...(name === 'file_write' ? { path: 'a', content: 'x' } : {}),
        }),
      ).toMatchObject({
        status: 404,
      });
    const done = { type: 'succeeded', task_id, epoch: 1, output: null };
    await ask(`/api/v1/agents/${id}/reports`, { generation, reports: [done] });
    expect((await ask('/tools/file_read', { task_id, path: 'a.md' })).status).toBe(404);
  });
});

describe('through /mcp', () => {
  const headers = () => ({ authorization: `Bearer ${http.secret}` });

  test('a conflict is a result that says who and what, for the model to act on', async () => {
    const task_id = await open();
    await use('file_write', { task_id, as: 'ada', path: 'a', content: 'one\n' });
    const { body } = await askMcp(http, {
      method: 'tools/call',
      params: { name: 'file_write', arguments: { task_id, as: 'grace', path: 'a', content: 'two\n' } },
      headers: headers(),
    });
    expect(body.result).toMatchObject({
      isError: true,
      content: [
        { text: expect.stringMatching(/^a is there already: version 1 by ada at .* Read it, then write/) },
      ],
      _meta: { 'signalbox/problem': { conflict: { kind: 'outdated', changed_by: 'ada' } } },
    });
  });

  test('a file, the list of files and those who share them are resources', async () => {
    const task_id = await open();
    await use('file_write', { task_id, as: 'ada', path: 'docs/ä b.md', content: '# hello\n' });
    await use('claim_file', { task_id, as: 'ada', paths: ['docs/**'] });
    const read = async (uri: string) =>
      (await askMcp(http, { method: 'resources/read', params: { uri }, headers: headers() })).body.result
        .contents[0];
    expect(await read(`workspace://${task_id}/docs/${encodeURIComponent('ä b.md')}`)).toMatchObject({
      text: '# hello\n',
    });
    expect(JSON.parse((await read(`tasks://${task_id}/files`)).text)).toMatchObject({
      files: [{ path: 'docs/ä b.md', held_by: { name: 'ada' } }],
    });
    const shared = JSON.parse((await read(`collaboration://${task_id}`)).text);
    expect(shared).toMatchObject({ collaborators: [{ name: 'ada' }], claims: [{ patterns: ['docs/**'] }] });
    // Whoever looks on may not write as ada.
    expect(JSON.stringify(shared)).not.toContain('fencing_token');
  });
});

test('the example of every tool of workspaces works, and so does that of every resource', async () => {
  const world = createExampleWorld(http);
  for (const { name, example, output } of workspaceTools) {
    const answer = await use(name, await world.settle(example as object));
    expect(answer.status, `${name}: ${JSON.stringify(answer.body)}`).toBe(200);
    expect(output.parse(answer.body)).toEqual(answer.body);
  }
  const task_id: string = await world.settle(EXAMPLE.workspaceTask);
  for (const { read } of workspaceResources) {
    const call = {
      services: http.program.services,
      actor: http.program.actor,
      signal: AbortSignal.timeout(60_000),
    };
    expect(await read(call, { task_id, path: 'notes.md' } as never)).toHaveProperty('text');
  }
});
