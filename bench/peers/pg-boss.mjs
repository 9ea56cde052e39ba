import { createJoinTable } from './join-table.mjs';
import { chunk, createRunWaiters } from './run-waiters.mjs';

/** @typedef {import('../subject.ts').SubjectEnv} SubjectEnv */
/** @typedef {import('../workload.ts').Payload} Payload */
/** @typedef {{id: string, data: any}} Job */

const BATCH_SIZE = 500;
const WORKERS = 2;
const JOBS_PER_INSERT = 1000;

/**
 * Each handler inserts the next stage's jobs for its whole batch. The join is by hand: pg-boss's own `flow`
 * resolves dependencies in a loop that runs once a second at best.
 * @param {SubjectEnv} env
 */
async function createPgBoss({ databaseUrl, work }) {
  const { PgBoss } = await import('pg-boss');
  const { default: pg } = await import('pg');
  const waiters = createRunWaiters();
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  const joins = createJoinTable(pool);
  const boss = new PgBoss({
    connectionString: databaseUrl,
    max: 10,
    useListenNotify: true,
    superviseIntervalSeconds: 60,
    schedule: false,
  });
  boss.on('error', (error) => waiters.failAll(error));

  const handlers = createHandlers({ boss, joins, waiters, work });

  return {
    async start() {
      await boss.start();
      await joins.create();
      const options = {
        batchSize: BATCH_SIZE,
        localConcurrency: WORKERS,
        burstWhenBatchFull: true,
        perJobResults: /** @type {const} */ (true),
      };
      for (const [name, handler] of Object.entries(handlers)) {
        await boss.createQueue(name, { notify: true });
        await boss.work(name, options, async (/** @type {Job[]} */ jobs) => {
          const outputs = await handler(jobs);
          return jobs.map(({ id }, at) => ({
            id,
            status: /** @type {const} */ ('completed'),
            output: outputs[at],
          }));
        });
      }
    },
    /** @param {Payload[]} inputs @param {number} stages @returns {Promise<any[]>} */
    async runChains(inputs, stages) {
      const results = Promise.all(inputs.map((input) => waiters.waitFor(input)));
      for (const some of chunk(inputs, JOBS_PER_INSERT)) {
        await boss.insert(
          'stage',
          some.map((input) => ({ data: { input, stages } })),
        );
      }
      return results;
    },
    /** @param {Payload} input @param {number} width @returns {Promise<any>} */
    async fanOut(input, width) {
      const result = waiters.waitFor(input);
      await boss.insert('root', [{ data: { input, width } }]);
      return result;
    },
    // Without it the run's latency is ten times as long after a big lap, until autovacuum comes around.
    async settle() {
      await pool.query('vacuum analyze');
    },
    async stop() {
      await boss.stop({ graceful: true, timeout: 10_000 });
      await pool.end();
    },
  };
}

/**
 * One handler a queue; each answers with the outputs in the order of its jobs.
 * @param {{
 *   boss: import('pg-boss').PgBoss,
 *   joins: ReturnType<typeof createJoinTable>,
 *   waiters: ReturnType<typeof createRunWaiters>,
 *   work: SubjectEnv['work'],
 * }} parts
 * @returns {Record<string, (jobs: Job[]) => Promise<any[]>>}
 */
function createHandlers({ boss, joins, waiters, work }) {
  return {
    async stage(jobs) {
      const done = jobs.map(({ data: { input, stages } }) => ({ output: work.perform(input), stages }));
      const { last = [], inner = [] } = Object.groupBy(done, ({ output, stages }) =>
        output.stage === stages ? 'last' : 'inner',
      );
      if (inner.length > 0) {
        const next = inner.map(({ output, stages }) => ({ data: { input: output, stages } }));
        await boss.insert('stage', next);
      }
      for (const { output } of last) waiters.finish(output);
      return done.map(({ output }) => output);
    },
    async root(jobs) {
      const addItems = async (/** @type {Job} */ { data: { input, width } }) => {
        const output = work.perform(input);
        await joins.open(output, width);
        const items = Array.from({ length: width }, (_, item) => ({ data: { input: output, item } }));
        await boss.insert('item', items);
        return output;
      };
      return Promise.all(jobs.map(addItems));
    },
    async item(jobs) {
      const outputs = jobs.map(({ data: { input, item } }) => work.performItem(input, item));
      for (const [run, some] of Map.groupBy(outputs, (output) => output.run)) {
        const [{ lap }] = /** @type {[Payload]} */ (some);
        if (await joins.add(some)) await boss.insert('join', [{ data: { lap, run } }]);
      }
      return outputs;
    },
    async join(jobs) {
      const finish = async (/** @type {Job} */ { data }) => {
        const output = work.performJoin(await joins.read(data));
        waiters.finish(output);
        return output;
      };
      return Promise.all(jobs.map(finish));
    },
  };
}

export const subjects = [
  {
    name: 'pg-boss',
    setting:
      `LISTEN/NOTIFY, batchSize ${BATCH_SIZE}, ${WORKERS} local workers, burstWhenBatchFull, perJobResults; ` +
      'next jobs inserted in batches by the handler; join by hand-written tables; vacuum analyze between benches',
    durability:
      'PostgreSQL commit (fsync) a batch; next job and completion are separate commits; result told before the completion commit',
    services: [{ kind: 'postgres' }],
    packages: ['pg-boss', 'pg'],
    create: createPgBoss,
  },
];
