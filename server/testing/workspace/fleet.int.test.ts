import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Sql } from '#db/client.ts';
import type { RunId } from '#server/domain/ids.ts';
import { startTestApp, type TestApp } from '../app.ts';
import { type ServiceProcess, spawnService } from '../child.ts';
import { type PrivateRedis, startPrivateRedis } from '../private-redis.ts';
import { createJournal, type FleetOptions, runFleet } from './fleet.ts';
import { judgeWorkspace } from './judge.ts';
import { endRun, startOpenRun } from './rig.ts';

/** Of a fight one sees all of them sooner or later. */
const FIGHT = ['locked', 'lease-lost', 'edit', 'write'];
/** Left out: some hundred actions, as fast as the machine is. */
const MINUTES = Number(process.env.WORKSPACE_STRESS_MINUTES ?? 0);

let program: TestApp;
let redis: PrivateRedis;
let runId: RunId;
const at = () => [program.services, program.actor] as const;
beforeAll(async () => {
  [program, redis] = await Promise.all([startTestApp(), startPrivateRedis()]);
  await createJournal(program.database.sql);
});
afterAll(async () => {
  await program[Symbol.asyncDispose]();
  await redis.close();
});
beforeEach(async () => {
  runId = await startOpenRun(...at());
  await program.database.sql`DELETE FROM workspace_journal`;
  return () => endRun(...at(), runId);
});

const place = () => ({ runId, orgId: program.actor.orgId });
const common = () => ({ url: program.database.url, redisUrl: redis.url, place: place() });
const judge = () => judgeWorkspace(program.database.sql, runId);
const countOf = async (name: string) => {
  const [row] = await program.database.sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM workspace_journal WHERE holder LIKE ${`${name} %`}`;
  return row?.count ?? 0;
};

function startFleet(name: string, seed: number): ServiceProcess {
  const options = { ...common(), name, seed, agents: 17 };
  const program = new URL('./fleet-process.ts', import.meta.url).pathname;
  return spawnService(process.execPath, [program, JSON.stringify(options)], process.env);
}
const PATIENCE = { timeout: 120_000, interval: 50 };
const untilWritten = (fleet: ServiceProcess, name: string, count: number) =>
  vi.waitFor(async () => {
    expect(fleet.running(), fleet.output()).toBe(true);
    expect(await countOf(name)).toBeGreaterThanOrEqual(count);
  }, PATIENCE);

/** The statement that writes, without the condition on claims. */
function withoutFence(pool: Sql): Sql {
  const unfenced = (target: object): object =>
    new Proxy(target, {
      get(of, name, receiver) {
        const value = Reflect.get(of, name, receiver);
        if (name === 'unsafe')
          return (text: string, ...rest: unknown[]) =>
            value.call(of, text.replace(/\) AS is_fenced/, ' OR true) AS is_fenced'), ...rest);
        if (name === 'begin' || name === 'savepoint')
          return (...rest: unknown[]) => {
            const work = rest.pop() as (tx: object) => unknown;
            return value.call(of, ...rest, (tx: object) => work(unfenced(tx)));
          };
        return value;
      },
      apply: (of, self, rest) => Reflect.apply(of as never, self, rest),
    });
  return unfenced(pool) as Sql;
}

describe('fifty agents on one workspace', () => {
  test('lose, tear and overwrite nothing, though two of their processes are killed and Redis is emptied', {
    timeout: 240_000 + MINUTES * 60_000,
  }, async ({ annotate }) => {
    const until = Date.now() + MINUTES * 60_000;
    const goesOn: FleetOptions['goesOn'] = (actions, done) =>
      actions < 12 || Date.now() < until || (actions < 500 && FIGHT.some((what) => !done[what]));
    const own = runFleet({ ...common(), name: 'own', agents: 16, random: Math.random, goesOn });
    let [first, second] = [startFleet('first', 1), startFleet('second', 2)];
    for (let round = 0; round === 0 || Date.now() < until; round += 1) {
      const [one, other] = [await countOf('first'), await countOf('second')];
      await untilWritten(first, 'first', one + 15);
      await redis.kill();
      await redis.start();
      await untilWritten(second, 'second', other + 15);
      await first.kill();
      first = startFleet('first', 3 + 2 * round);
      await untilWritten(first, 'first', (await countOf('first')) + 8);
      await second.kill();
      second = startFleet('second', 4 + 2 * round);
    }
    const { done, troubles } = await own;
    await Promise.all([first.kill(), second.kill()]);
    expect(troubles).toEqual([]);
    expect(await judge()).toEqual([]);
    expect(Object.keys(done)).toEqual(expect.arrayContaining(FIGHT));
    await annotate(
      `${JSON.stringify(done)}; confirmed: ${await countOf('own')} ${await countOf('first')} ${await countOf('second')}`,
    );
  });

  test('without the condition on claims write into those of others, and the judge says so', {
    timeout: 240_000,
  }, async () => {
    const options = { ...common(), name: 'unfenced', agents: 20, random: Math.random, mutate: withoutFence };
    const found: string[] = [];
    // Chance decides when two of them meet; that they never do in so many rounds is out of the question.
    for (let round = 0; round < 20 && !found.some((finding) => finding.startsWith('fencing')); round += 1) {
      await runFleet({ ...options, goesOn: (actions) => actions < 12 });
      found.push(...(await judge()));
    }
    expect(found.some((finding) => finding.startsWith('fencing'))).toBe(true);
    // Versions alone still keep them from overwriting each other.
    expect(found.filter((finding) => !finding.startsWith('fencing'))).toEqual([]);
  });
});
