import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from '#db/client.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Json } from '#server/domain/json.ts';
import type { Maker } from '../maker.ts';
import { untilEnded } from '../until-ended.ts';
import { makeChangedServer } from './changed-server.ts';
import { type Failing, fails, passes, row, times, waits } from './stages.ts';

/** Errors that differ in their class, so that each is a group of its own. */
const TROUBLES: readonly ({ pipeline: string; stage: string; runs: number } & Failing)[] = [
  {
    ...{ pipeline: 'Order sync', stage: 'Post orders', runs: 14 },
    ...{ code: 'SCHEMA_CHANGED', message: 'The field total_net is not there any more.' },
  },
  {
    ...{ pipeline: 'Price feed', stage: 'Fetch prices', runs: 9 },
    ...{ code: 'TOO_MANY', errorClass: 'rate-limited', message: 'The feed allows 60 calls a minute.' },
    retry: { maxAttempts: 3, initialSeconds: 0.2, maxSeconds: 0.5 },
  },
  {
    ...{ pipeline: 'Contract reader', stage: 'Extract clauses', runs: 6 },
    ...{ code: 'UNREADABLE', errorClass: 'invalid-output', message: 'Page 7 has no text.' },
  },
  {
    ...{ pipeline: 'Stock count', stage: 'Compare', runs: 4 },
    ...{ code: 'NEGATIVE_STOCK', errorClass: 'invalid-input', message: 'Article 4711 has a stock of -3.' },
  },
];

const TIME_FOR_ALL_MS = 300_000;
/** Three leases that end one after the other, and the looks at them. */
const TIME_FOR_POISON_MS = 300_000;
const CLAIM_MS = 5_000;

/** What an operator has to mend: failed runs in several groups, dead letters, agents that are gone or kept away. */
export async function makeBroken(maker: Maker, { sql }: { sql: Sql }): Promise<void> {
  await makeChangedServer(maker, sql);
  const ids: string[] = [];
  for (const { pipeline: name, stage, runs, ...failing } of TROUBLES) {
    const graph = row([passes('Read'), waits('Prepare', 150), fails(stage, failing), passes('Report')]);
    const id = await maker.pipeline({
      name,
      description: `Fails at ${JSON.stringify(stage)} each time.`,
      graph,
    });
    ids.push(
      ...(await maker.runs(
        id,
        times<Json>(runs, (at) => ({ batch: at + 1 })),
      )),
    );
  }
  const slow = await maker.pipeline({
    name: 'Slow supplier',
    description: 'Its second stage takes longer than it may.',
    graph: row([
      passes('Ask'),
      waits('Wait for answer', 600_000, { timeouts: { stageSeconds: 2 } }),
      passes('Book'),
    ]),
  });
  ids.push(
    ...(await maker.runs(
      slow,
      times(5, (at) => ({ order: at + 1 })),
    )),
  );
  await makePoison(maker, ids);
  await makeSickAgents(maker);
  await untilEnded(maker.call, ids, TIME_FOR_ALL_MS);
  maker.say(`${ids.length} runs have failed in 6 ways, 2 of them as dead letters; 4 agents do not work.`);
  maker.say(
    'An MCP server has changed one tool and brought another: both wait for somebody to look at them.',
  );
}

/** An agent that takes tasks and says nothing more, again and again, until they count as poison. */
async function makePoison(maker: Maker, ids: string[]): Promise<void> {
  const capability = 'sample-video';
  const pipeline = await maker.pipeline({
    name: 'Video preview',
    description: 'Each agent that takes its second stage dies of it.',
    graph: row([passes('Read'), { key: 'render', name: 'Render', type: capability }]),
  });
  const runs = await maker.runs(pipeline, [{ video: 1 }, { video: 2 }]);
  ids.push(...runs);
  maker.say('Video preview: three leases have to end, which takes about two minutes.');
  const until = performance.now() + TIME_FOR_POISON_MS;
  while (performance.now() < until) {
    const { id, generation } = await maker.agent({ name: 'Video worker', capabilities: [capability] });
    if (await areOver(maker, runs)) return;
    await maker.call({ path: `/agents/${id}/claim`, body: { generation, max: 2, wait_ms: CLAIM_MS } });
    await delay(1_000);
  }
  throw new SignalboxError('UNAVAILABLE', 'The tasks of Video preview did not become dead letters.');
}

async function areOver({ call }: Maker, runs: readonly string[]): Promise<boolean> {
  const found = await Promise.all(runs.map((id) => call({ path: `/runs/${id}?brief=true` })));
  return found.every(({ finished_at }) => typeof finished_at === 'string');
}

/** They say nothing any more, so those that are not kept away count as offline soon. */
async function makeSickAgents(maker: Maker): Promise<void> {
  const capabilities = ['sample-pdf'];
  await maker.agent({
    ...{ name: 'PDF worker 1', capabilities, version: '2.1.0' },
    order: { order: 'quarantine', reason: 'Wrong page numbers since 2.1.0' },
  });
  await maker.agent({
    ...{ name: 'PDF worker 2', capabilities, version: '2.0.4' },
    order: { order: 'drain', reason: 'Its disk is replaced' },
  });
  await maker.agent({ name: 'PDF worker 3', capabilities, version: '2.0.4' });
}
