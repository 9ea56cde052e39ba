import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import { until } from '#server/testing/faults/until.ts';
import { startAsker, WHERE } from '#server/testing/mcp/asker.ts';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import type { OneGeneration } from '#server/testing/mcp-two-generations.ts';
import {
  askingTool,
  echoTool,
  startUpstream,
  type TestUpstream,
  text,
  tool,
} from '#server/testing/mcp-upstream.ts';
import { joinAs, signInByLink } from '#server/testing/people.ts';

let rig: McpRig;
let upstream: TestUpstream;
let connection: string;
beforeAll(async () => {
  rig = await startMcpRig({ SIGNALBOX_NOTIFY_WAIT_SECONDS: '1' });
  upstream = await startUpstream([
    echoTool('ask'),
    tool('fail', () => ({ ...text('It cannot be done.'), isError: true })),
    tool('sum', (args) => ({ ...text('5'), structuredContent: { sum: 5, args } })),
  ]);
  connection = await rig.join({ slug: 'wiki', url: upstream.url });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

let count = 0;
async function start(config: object, input: object, more: object = {}) {
  const stages = [{ name: 'look up', type: 'mcp-tool', config, retry: { maxAttempts: 1 }, ...more }];
  const pipeline = (await rig.http.call('/api/v1/pipelines', { name: `calls ${++count}`, stages })).body;
  const run = (await rig.http.call(`/api/v1/pipelines/${pipeline.id}/execute`, { input_data: input })).body;
  return { runId: run.id as string, pipelineId: pipeline.id as string };
}
const ended = (id: string) =>
  until('the run has ended', async () => {
    const { body } = await rig.http.call(`/api/v1/runs/${id}`);
    return body.finished_at ? body : null;
  });
const outputOf = async (id: string) => {
  const run = await ended(id);
  const { body } = await rig.http.call(`/api/v1/tasks/${run.stages[0].task_id}`);
  return { run, output: body.output, error: body.error };
};

describe('a stage that calls a tool of an MCP server', () => {
  test('gives it the input, and hands on what it answers', async () => {
    const { runId } = await start({ connection: 'wiki', tool: 'ask' }, { question: 'Why?' });
    const { output } = await outputOf(runId);
    expect(output).toMatchObject({ text: '{"question":"Why?"}', structured: null });
    const { calls } = await rig.ask(`/log?run_id=${runId}`);
    expect(calls).toMatchObject([{ door: 'pipeline', outcome: 'answered', tool: 'ask', run_id: runId }]);
  });

  test('makes the arguments of what its config says and of values of the input', async () => {
    const config = { connection: 'wiki', tool: 'sum', arguments: { a: { $input: 'numbers.first' }, b: 3 } };
    const { runId } = await start(config, { numbers: { first: 2 } });
    expect((await outputOf(runId)).output).toMatchObject({ structured: { sum: 5, args: { a: 2, b: 3 } } });
  });

  test.each([
    ['fail', {}, 'TOOL_ERROR', 'It cannot be done.'],
    ['nothing', {}, 'MCP_INVALID', 'There is no tool'],
    ['ask', { arguments: { question: { $input: 'not.there' } } }, 'NO_ARGUMENTS', 'nothing at "not.there"'],
  ])('fails with words that say why: %s', async (name, more, code, words) => {
    const { runId } = await start({ connection: 'wiki', tool: name, ...more }, {});
    const { error } = await outputOf(runId);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test('is bound by rules about its pipeline', async () => {
    const { runId, pipelineId } = await start({ connection: 'wiki', tool: 'ask' }, { question: '1' });
    expect((await ended(runId)).status).toBe('succeeded');
    const rule = await rig.ask('/rules', {
      ...{ effect: 'deny', who: { kind: 'pipeline', subject: pipelineId }, connection_id: connection },
    });
    const again = (
      await rig.http.call(`/api/v1/pipelines/${pipelineId}/execute`, { input_data: { question: '2' } })
    ).body;
    const { error } = await outputOf(again.id);
    expect(error).toMatchObject({
      code: 'MCP_FORBIDDEN',
      message: expect.stringContaining('A rule forbids'),
    });
    // Nor does the stage escape it as a task of its own, or when that is done again.
    const submitted = (
      await rig.http.call('/api/v1/tasks', {
        ...{ pipeline_id: pipelineId, stage: 0, type: 'mcp-tool', payload: { question: '3' } },
      })
    ).body;
    const alone = submitted.run_id as string;
    expect((await outputOf(alone)).error).toMatchObject({ code: 'MCP_FORBIDDEN' });
    const replayed = (await rig.http.call(`/api/v1/runs/${alone}/replay`, {})).body;
    expect((await outputOf(replayed.id)).error).toMatchObject({ code: 'MCP_FORBIDDEN' });
    await rig.ask(`/rules/${rule.id}`, undefined, 'DELETE');
  });

  test.each([
    [true, 'succeeded'],
    [false, 'failed'],
  ])(
    'waits for people where a rule asks them, and goes on when they have said %s',
    async (granted, status) => {
      const rule = await rig.ask('/rules', {
        ...{
          effect: 'ask',
          who: { kind: 'agent', subject: 'builtin-mcp-tool' },
          connection_id: connection,
          tool: 'a*',
        },
      });
      const { runId } = await start({ connection: 'wiki', tool: 'ask' }, { question: `granted: ${granted}` });
      const asked = await until('people are asked', async () => {
        const { approvals } = await rig.ask(`/approvals?state=asked&run_id=${runId}`);
        return approvals[0];
      });
      expect(asked).toMatchObject({
        tool: 'ask',
        run_id: runId,
        arguments: { question: `granted: ${granted}` },
      });
      await rig.ask(`/approvals/${asked.id}/decide`, { granted, reason: 'As agreed.' });
      const { run, error } = await outputOf(runId);
      expect(run.status).toBe(status);
      if (!granted) expect(error.message).toContain('As agreed.');
      await rig.ask(`/rules/${rule.id}`, undefined, 'DELETE');
    },
  );
});

test('a call that nobody has decided within a day is asked about anew', async () => {
  const rule = await rig.ask('/rules', {
    ...{ effect: 'ask', who: { kind: 'everybody' }, connection_id: connection, tool: 'ask' },
  });
  const { runId } = await start({ connection: 'wiki', tool: 'ask' }, { question: 'Still there?' });
  const openOf = (before = '') =>
    until('people are asked', async () => {
      const { approvals } = await rig.ask(`/approvals?state=asked&run_id=${runId}`);
      return approvals.find(({ id }: { id: string }) => id !== before);
    });
  const first = await openOf();
  await rig.http.program.database.sql`
    UPDATE mcp_approvals SET expires_at = now() WHERE id = ${toUuid(first.id)}::text::uuid`;
  const second = await openOf(first.id);
  expect((await rig.ask(`/approvals?state=asked&run_id=${runId}`)).approvals).toHaveLength(1);
  expect((await rig.try(`/approvals/${first.id}/decide`, { granted: true })).status).toBe(409);
  await rig.ask(`/approvals/${second.id}/decide`, { granted: true });
  expect((await ended(runId)).status).toBe('succeeded');
  await rig.ask(`/rules/${rule.id}`, undefined, 'DELETE');
});

const askedOf = (runId: string) =>
  until('the server asks', async () => {
    const { questions } = await rig.ask(`/questions?state=asked&run_id=${runId}`);
    return questions[0];
  });
const answer = (id: string, said: object) =>
  rig.try(`/questions/${id}/answer`, { answers: { [WHERE]: said } });
const bern = { action: 'accept', content: { city: 'Bern' } };

describe.each(['2025', '2026'] as const)(
  'a stage whose tool asks something, at a server of %s',
  (generation) => {
    let asker: OneGeneration;
    const slug = `asker-${generation}`;
    let connectionId: string;
    beforeAll(async () => {
      asker = await startAsker(generation);
      connectionId = await rig.join({ slug, url: asker.url });
    });
    afterAll(() => asker[Symbol.asyncDispose]());

    test('waits under a name, and goes on with what people have said', async () => {
      const { runId } = await start({ connection: slug, tool: 'travel' }, {});
      const asked = await askedOf(runId);
      expect(asked).toMatchObject({
        ...{ run_id: runId, tool: 'travel', state: 'asked', sender: expect.stringContaining(slug) },
        parts: [
          { name: WHERE, mode: 'form', message: expect.stringContaining('asks: Where to?'), url: null },
        ],
      });
      const [stage] = (await rig.http.call(`/api/v1/runs/${runId}`)).body.stages;
      expect(stage).toMatchObject({
        state: 'running',
        waiting: {
          code: 'question',
          sentence: expect.stringMatching(/^asker-.* asks something .* travel\.$/),
        },
      });
      const [task] = await rig.http.program.database.sql`
      SELECT stop_by > now() + interval '20 hours' AS is_far FROM tasks WHERE run_id = ${toUuid(runId)}::text::uuid`;
      expect(task?.is_far).toBe(true);

      const wrong = await answer(asked.id, { action: 'accept', content: { city: 7, street: 'x' } });
      expect(wrong).toMatchObject({ status: 400, body: { code: 'INVALID' } });
      expect(wrong.body.issues.map(({ path }: { path: string[] }) => path.at(-1))).toEqual([
        'city',
        'street',
      ]);

      const both = await Promise.all([answer(asked.id, bern), answer(asked.id, bern)]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(both.find(({ status }) => status === 409)?.body.detail).toContain('has answered');
      const { run, output } = await outputOf(runId);
      expect(run.status).toBe('succeeded');
      expect(output.text).toContain('Bern');
      const { events } = (await rig.http.call(`/api/v1/runs/${runId}/events?limit=200`)).body;
      const types = events.map(({ event }: { event: { type: string } }) => event.type);
      expect(types).toEqual(expect.arrayContaining(['task.standing-by', 'task.went-on']));
      const { entries } = (await rig.http.call('/api/v1/audit?action=mcp-question.answered')).body;
      expect(entries[0]).toMatchObject({ target: asked.id, after: { actions: { [WHERE]: 'accept' } } });
    });

    test.each(['decline', 'cancel'] as const)('tells the server when people %s', async (action) => {
      const { runId } = await start({ connection: slug, tool: 'travel' }, {});
      await answer((await askedOf(runId)).id, { action });
      expect((await outputOf(runId)).output.text).toContain(action);
    });

    test('is asked again as often as the server needs to', async () => {
      const { runId } = await start({ connection: slug, tool: 'twice' }, {});
      const first = await askedOf(runId);
      await answer(first.id, bern);
      const second = await until('the server asks again', async () => {
        const { questions } = await rig.ask(`/questions?state=asked&run_id=${runId}`);
        return questions.find(({ id }: { id: string }) => id !== first.id);
      });
      await answer(second.id, { action: 'accept', content: { city: 'Rome' } });
      expect((await outputOf(runId)).output.text).toContain('Rome');
    });

    test('shows a page to open with its host, and opens none', async () => {
      const { runId } = await start({ connection: slug, tool: 'open' }, {});
      const asked = await askedOf(runId);
      expect(asked.parts).toMatchObject([
        { mode: 'url', url: 'https://example.org/sign', host: 'example.org', schema: null },
      ]);
      await answer(asked.id, { action: 'accept' });
      expect((await outputOf(runId)).output.text).toContain('accept');
    });

    test('is given up when nobody has answered within a day, and the server is told', async () => {
      const { runId } = await start({ connection: slug, tool: 'travel' }, {});
      const asked = await askedOf(runId);
      // The clock is the database's, so the day is over when the row says so.
      await rig.http.program.database.sql`
        UPDATE mcp_questions SET expires_at = now() WHERE id = ${toUuid(asked.id)}::text::uuid`;
      const { run, error } = await outputOf(runId);
      expect(run.status).toBe('failed');
      expect(error).toMatchObject({
        code: 'MCP_CONFLICT',
        message: expect.stringContaining('within a day'),
      });
      const { questions } = await rig.ask(`/questions?run_id=${runId}`);
      expect(questions).toMatchObject([{ id: asked.id, state: 'expired', decided_by: null }]);
      expect(await answer(asked.id, bern)).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining('took too long') },
      });
      // What the server wanted to find again is of no more use.
      expect(
        await rig.http.program.database.sql`SELECT name FROM secrets WHERE name LIKE '%question-%'`,
      ).toEqual([]);
      // Nobody is to blame, least of all the server: its session goes on.
      expect((await rig.ask(`/connections/${connectionId}`)).breaker.state).toBe('closed');
      const stopped = () => asker.methods.includes('notifications/cancelled');
      if (generation === '2025') await until('its call is called off', async () => stopped());
    });

    test('asks nobody for a language model, and says so', async () => {
      const { runId } = await start({ connection: slug, tool: 'think' }, {});
      const { run, error } = await outputOf(runId);
      expect(run.status).toBe('failed');
      expect(error.message).toMatch(/language model|sampling/);
    });

    test('is called off with its run: nobody is asked any more', async () => {
      const { runId } = await start({ connection: slug, tool: 'travel' }, {});
      const asked = await askedOf(runId);
      await rig.http.call(`/api/v1/runs/${runId}/cancel`, {});
      expect((await ended(runId)).status).toBe('cancelled');
      expect((await rig.ask(`/questions?state=asked&run_id=${runId}`)).questions).toEqual([]);
      expect(await answer(asked.id, bern)).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining('Nobody waits') },
      });
    });
  },
);

test('what people have said goes on though the session with the server has ended by then, and nobody is asked again', async () => {
  await using there = await startUpstream([askingTool('travel'), echoTool('ask')]);
  await rig.join({ slug: 'asker-broken', url: there.url });
  const { runId } = await start({ connection: 'asker-broken', tool: 'travel' }, {});
  const asked = await askedOf(runId);
  // Credentials that are refused at somebody else's call end the session for all.
  there.breakWith((response) => response.writeHead(401).end());
  expect((await rig.call('asker-broken__ask', { question: 'Why?' })).status).toBe(503);
  there.breakWith(null);
  await rig.ask(`/questions/${asked.id}/answer`, { answers: { where: bern } });
  expect((await outputOf(runId)).output.text).toContain('Bern');
  expect((await rig.ask(`/questions?run_id=${runId}`)).questions).toHaveLength(1);
  const calls = there.requests.filter(({ body }) => (body.params as { name?: string })?.name === 'travel');
  expect(calls).toHaveLength(2);
});

test('what people have said goes to nobody but who has asked', async () => {
  await using there = await startAsker('2026');
  await using another = await startAsker('2026');
  const id = await rig.join({ slug: 'asker-moved', url: there.url });
  const { runId } = await start({ connection: 'asker-moved', tool: 'travel' }, {});
  const asked = await askedOf(runId);
  await rig.ask(`/connections/${id}`, { url: another.url }, 'PATCH');
  await answer(asked.id, bern);
  const { error } = await outputOf(runId);
  expect(error).toMatchObject({
    code: 'MCP_UNAVAILABLE',
    message: expect.stringContaining('changed or removed meanwhile'),
  });
  expect(another.methods).not.toContain('tools/call');
});

test('whoever listens is told that a run waits for an answer', async () => {
  const target = { name: 'on-call', kind: 'email', address: 'ada@example.org', events: ['run.waiting'] };
  const made = await rig.http.call('/api/v1/notification-targets', target);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  await using asker = await startAsker('2026');
  await rig.join({ slug: 'asker-told', url: asker.url });
  const { runId } = await start({ connection: 'asker-told', tool: 'travel' }, {});
  const { id } = await askedOf(runId);
  const told = await until('it is told', async () => {
    const [row] = await rig.http.program.database.sql<{ body: { data: object } }[]>`
    SELECT body FROM notification_deliveries WHERE run_id = ${toUuid(runId)}::text::uuid`;
    return row;
  });
  expect(told.body.data).toMatchObject({
    ...{ run_id: runId, code: 'question', reason: expect.stringContaining('asks something') },
  });
  await answer(id, { action: 'decline' });
  await ended(runId);
});

// Last: from now on others could grant what is called here.
test('a call of a stage is granted by somebody else than who has started its run', async () => {
  const owner = await signInByLink(rig.http, () => rig.http.program.services.identity.links.issueOwnerLink());
  const ada = await joinAs(rig.http, owner, 'operator');
  const rule = await rig.ask('/rules', {
    ...{ effect: 'ask', who: { kind: 'everybody' }, connection_id: connection },
  });
  const { pipelineId } = await start({ connection: 'wiki', tool: 'sum' }, {});
  const run = (await ada.ask(`/api/v1/pipelines/${pipelineId}/execute`, { body: { input_data: {} } })).body;
  const asked = await until('people are asked', async () => {
    const { approvals } = await rig.ask(`/approvals?state=asked&run_id=${run.id}`);
    return approvals[0];
  });
  const decide = { body: { granted: true } };
  expect(await ada.ask(`/api/v1/mcp/approvals/${asked.id}/decide`, decide)).toMatchObject({
    status: 403,
    body: { detail: expect.stringContaining('is your own') },
  });
  expect((await owner.ask(`/api/v1/mcp/approvals/${asked.id}/decide`, decide)).status).toBe(200);
  expect((await ended(run.id)).status).toBe('succeeded');
  await rig.ask(`/rules/${rule.id}`, undefined, 'DELETE');
});
