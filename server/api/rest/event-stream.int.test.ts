import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createPipeline } from '#server/services/pipeline/create.ts';
import { startRun } from '#server/services/run/start.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';

let http: TestServer;

beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());

const PATIENCE = { timeout: 60_000, interval: 50 };
let names = 0;

/** Starts a run of one stage that takes so long. */
async function submit(ms: number): Promise<string> {
  const document = { stages: [{ key: 'wait', type: 'sleep', config: { ms } }] };
  const { services, actor } = http.program;
  const at = [services, actor] as const;
  const { id } = await createPipeline(...at, { name: `wait ${++names}`, document, publish: true });
  return (await startRun(...at, { pipelineId: id })).run.id;
}

const follow = (runId: string, headers: Record<string, string> = {}) =>
  http.fetch(`/api/v1/runs/${runId}/events?follow=1`, { headers });

interface Told {
  id: number;
  type: string;
}

/** Reads the stream to its end. */
async function readAll(response: Response): Promise<{ told: Told[]; end: unknown }> {
  const blocks = (await response.text()).split('\n\n');
  const fieldOf = (block: string, name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const told = blocks
    .filter((block) => fieldOf(block, 'id') !== undefined)
    .map((block) => ({ id: Number(fieldOf(block, 'id')), ...JSON.parse(fieldOf(block, 'data') ?? '{}') }));
  const last = blocks.find((block) => fieldOf(block, 'event') === 'end');
  return { told, end: JSON.parse(fieldOf(last ?? '', 'data') ?? 'null') };
}

const idsOf = (told: readonly Told[]) => told.map(({ id }) => id);
const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, at) => from + at);

describe('the stream of a run', () => {
  test('tells each follower every event once, and ends with the run', async () => {
    const runId = await submit(200);
    const answers = await Promise.all([follow(runId), follow(runId), follow(runId)]);
    expect(answers[0]?.headers.get('content-type')).toContain('text/event-stream');
    for (const { told, end } of await Promise.all(answers.map(readAll))) {
      expect(idsOf(told)).toEqual(upTo(told.length));
      expect(told[0]).toMatchObject({ seq: 1, type: 'run.started', at: expect.any(String) });
      expect(told.at(-1)?.type).toBe('run.succeeded');
      expect(end).toEqual({ status: 'succeeded', seq: told.length });
    }
  });

  test('goes on after the last event that a browser saw, also when the run is over', async () => {
    const runId = await submit(1);
    const { told } = await readAll(await follow(runId));
    const rest = await readAll(await follow(runId, { 'last-event-id': '2' }));
    expect(idsOf(rest.told)).toEqual(upTo(told.length, 3));
    const nothing = await readAll(await follow(runId, { 'last-event-id': String(told.length) }));
    expect(nothing).toEqual({ told: [], end: { status: 'succeeded', seq: told.length } });
  });

  test('is not there for a run that is not', async () => {
    expect((await follow(`run_${'0'.repeat(32)}`)).status).toBe(404);
    expect((await follow('nonsense')).status).toBe(400);
  });

  test('takes a place of its actor, which are counted, and gives it back', async () => {
    await using few = await startTestServer({ SIGNALBOX_SOCKETS_PER_ACTOR: '1' });
    const { services, actor } = few.program;
    const document = { stages: [{ key: 'wait', type: 'sleep', config: { ms: 600_000 } }] };
    const { id } = await createPipeline(services, actor, { name: 'long', document, publish: true });
    const { run } = await startRun(services, actor, { pipelineId: id });
    const ask = (signal?: AbortSignal) =>
      few.fetch(`/api/v1/runs/${run.id}/events?follow=1`, signal ? { signal } : {});
    const leaving = new AbortController();
    expect((await ask(leaving.signal)).status).toBe(200);
    const second = await ask();
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, '5']);
    expect(await second.json()).toMatchObject({
      code: 'LIMITED',
      advice: expect.stringContaining('SIGNALBOX_SOCKETS_PER_ACTOR'),
    });
    leaving.abort();
    await vi.waitFor(async () => {
      const again = new AbortController();
      const { status } = await ask(again.signal);
      again.abort();
      expect(status).toBe(200);
    }, PATIENCE);
  });

  test('refuses a number that is none', async () => {
    const runId = await submit(1);
    expect((await follow(runId, { 'last-event-id': 'x' })).status).toBe(400);
  });
});
