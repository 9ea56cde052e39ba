import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Sql } from '#db/client.ts';
import type { Happening } from '#server/domain/engine/happenings.ts';
import { DEFAULT_ORG_ID, fromUuid, type RunId, toUuid } from '#server/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createScriptedEngine } from '#server/testing/scripted-engine.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database[Symbol.asyncDispose]());

const hang = () => new Promise<never>(() => undefined);
const inTurn = {
  stages: [
    { key: 'one', type: 'hang' },
    { key: 'two', type: 'hang' },
  ],
  dependencies: [{ from: 'one', to: 'two' }],
};

async function handOutOf(runId: RunId, index: number) {
  const [row] = await database.sql<{ epoch: number; agent_id: string }[]>`
    SELECT epoch, agent_id FROM tasks WHERE run_id = ${toUuid(runId)}::text::uuid AND idx = ${index}`;
  if (!row) throw new Error(`Task ${index} has not been handed out.`);
  return { task: index, epoch: row.epoch, agent: fromUuid('agent', row.agent_id.replaceAll('-', '')) };
}

const succeeded = (handOut: Awaited<ReturnType<typeof handOutOf>>): Happening => ({
  type: 'result',
  ...handOut,
  outcome: { status: 'succeeded', output: null },
});

/** A lane that says so before each of its statements. */
const heard = (lane: Sql, onStatement: () => void): Sql =>
  new Proxy(lane, {
    get(target, name, receiver) {
      if (name !== 'unsafe') return Reflect.get(target, name, receiver);
      const unsafe: Sql['unsafe'] = (...given) => {
        onStatement();
        return target.unsafe(...given);
      };
      return unsafe;
    },
  });

test('an answer counts, although what was believed of its run is dropped while another run of the batch is read', async () => {
  let onStatement = (): void => undefined;
  const options = { url: database.url, handlers: { hang }, sweepMs: 60_000 };
  await using other = await createScriptedEngine(options);
  await using behind = await createScriptedEngine({
    ...options,
    lanes: 1,
    mutateCommits: (lane) => heard(lane, () => onStatement()),
  });
  // It knows the run from its start, and not how it went on.
  const runId = await behind.start(inTurn);
  expect(await other.tell(runId, succeeded(await handOutOf(runId, 0)))).toMatchObject({ ok: true });
  const unknown = await other.start(inTurn);

  // Word of it comes while the batch is made.
  let statements = 0;
  onStatement = () => {
    statements += 1;
    behind.engine.forgetBefore(runId, { revision: Number.MAX_SAFE_INTEGER });
  };
  const replies = await behind.engine.tellAll('one message', [
    { orgId: DEFAULT_ORG_ID, runId, happening: succeeded(await handOutOf(runId, 1)) },
    { orgId: DEFAULT_ORG_ID, runId: unknown, happening: { type: 'beat', ...(await handOutOf(unknown, 0)) } },
  ]);
  expect(statements).toBeGreaterThan(0);
  expect(replies).toMatchObject([{ ok: true }, { ok: true }]);
});
