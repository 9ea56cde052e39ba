import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sql } from '#db/client.ts';
import type { Outcome } from '#server/domain/engine/happenings.ts';
import type { RunId } from '#server/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { createScriptedEngine, type ScriptedEngine } from '../scripted-engine.ts';
import { checkLedger, createLedger, createLedgerAgent } from './ledger.ts';
import { until } from './until.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await createLedger(database.sql);
});
afterEach(() => database[Symbol.asyncDispose]());

/** The statement that commits, without the condition on the revision that the run was decided on. */
function withoutRevisionFence(lane: Sql): Sql {
  return new Proxy(lane, {
    get(target, name, receiver) {
      if (name !== 'unsafe') return Reflect.get(target, name, receiver);
      const unsafe: Sql['unsafe'] = (text, ...rest) =>
        target.unsafe(text.replace(' AND t.revision = n.revision', ''), ...rest);
      return unsafe;
    },
  });
}

const untilSecondHandOut = (runId: RunId) =>
  until('the second hand-out', async () => {
    const [row] = await database.sql`SELECT epoch FROM tasks WHERE run_id = ${runId.slice(4)}::text::uuid`;
    return row?.epoch === 2;
  });

/** Two engines that both know a run; one gives its task out anew, and then the other acts on what it knew before. */
async function actOnOldBelief(mutateCommits?: (lane: Sql) => Sql): Promise<string[]> {
  const hang = () => new Promise<never>(() => undefined);
  const mutation = mutateCommits ? { mutateCommits } : {};
  const options = { url: database.url, handlers: { hang }, sweepMs: 60_000, ...mutation };
  const one = await createScriptedEngine(options);
  const two = await createScriptedEngine(options);
  const runId = await one.start({ stages: [{ key: 'only', type: 'hang' }] });
  const held = { task: 0, agent: one.agentId, epoch: 1 };
  await two.tell(runId, { type: 'beat', ...held });
  await one.tell(runId, { type: 'release', ...held });
  await untilSecondHandOut(runId);
  // A sign of life writes no event, whose number would be a second fence.
  await two.tell(runId, { type: 'beat', ...held });
  const { findings } = await one.audit();
  await Promise.all([one, two].map((each) => each[Symbol.asyncDispose]()));
  return findings.map((finding) => finding.rule);
}

/** A ledger call of the first hand-out is answered when the second is out. */
async function answerLate(
  scripted: ScriptedEngine,
  epochOf: (epoch: number) => Promise<number>,
): Promise<string[]> {
  const runId = await scripted.start({ stages: [{ key: 'only', type: 'held' }] });
  const assignment = { runId, stageKey: 'only', epoch: 1 };
  const call = createLedgerAgent(database.sql);
  const output = await call(assignment as never, undefined as never);
  await scripted.tell(runId, { type: 'release', task: 0, epoch: 1, agent: scripted.agentId });
  await untilSecondHandOut(runId);
  const outcome: Outcome = { status: 'succeeded', output };
  const epoch = await epochOf(1);
  await scripted.tell(runId, { type: 'result', task: 0, epoch, agent: scripted.agentId, outcome });
  await database.sql`UPDATE tasks SET capability = 'ledger'`;
  return checkLedger(database.sql);
}

describe('what would go unnoticed without its safeguard', () => {
  test('commits without the fence of the revision leave a run that contradicts its events, and the auditor says so', async () => {
    expect(await actOnOldBelief()).toEqual([]);
    expect(await actOnOldBelief(withoutRevisionFence)).toContain('I8');
  });

  test('answers without the fence of the epoch are taken from the wrong hand-out, and the ledger says so', async () => {
    const held = () => new Promise<never>(() => undefined);
    await using scripted = await createScriptedEngine({ url: database.url, handlers: { held } });
    expect(await answerLate(scripted, async (epoch) => epoch)).toEqual([]);
    expect(await answerLate(scripted, async (epoch) => epoch + 1)).toEqual([
      expect.stringContaining('accepted from another hand-out'),
    ]);
  });

  test('I7: an effect that was had twice under one key is seen by the ledger', async () => {
    const { sql } = database;
    await using scripted = await createScriptedEngine({
      url: database.url,
      handlers: { ledger: createLedgerAgent(sql) },
    });
    await scripted.ended(await scripted.start({ stages: [{ key: 'only', type: 'ledger' }] }));
    expect(await checkLedger(sql)).toEqual([]);
    await sql`UPDATE ledger_effects SET call = gen_random_uuid()`;
    expect(await checkLedger(sql)).toEqual([expect.stringContaining('a key with another effect')]);
  });
});
