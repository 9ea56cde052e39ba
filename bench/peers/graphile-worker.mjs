import { createBatcher } from './batcher.mjs';
import { createJoinTable } from './join-table.mjs';
import { chunk, createRunWaiters } from './run-waiters.mjs';

/** @typedef {import('../subject.ts').SubjectEnv} SubjectEnv */
/** @typedef {import('../workload.ts').Payload} Payload */

const JOBS_PER_ADD = 1000;
const POOL_SIZE = 20;
const DURABILITY =
  'PostgreSQL commit (fsync); next job and completion are separate commits; finished jobs and their results are deleted';

/**
 * Each stage's handler adds the next stage's job, since graphile-worker has no dependencies between jobs.
 * @param {SubjectEnv} env
 * @param {{concurrentJobs: number, localQueueSize: number, batchedAdd: boolean}} options
 */
async function createGraphileWorker({ databaseUrl, work }, { concurrentJobs, localQueueSize, batchedAdd }) {
  const { Logger, makeWorkerUtils, run } = await import('graphile-worker');
  const { default: pg } = await import('pg');
  const waiters = createRunWaiters();
  const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  const joins = createJoinTable(pool);
  /** Outputs of last stages by job id, told to the caller once the job's completion is in the database. */
  const finals = new Map();
  const logger = new Logger(
    () => (level, message) => level === 'error' && waiters.failAll(new Error(message)),
  );
  const preset = {
    worker: {
      connectionString: databaseUrl,
      concurrentJobs,
      maxPoolSize: POOL_SIZE,
      localQueue: { size: localQueueSize },
      completeJobBatchDelay: 0,
      logger,
    },
  };
  const utils = await makeWorkerUtils({ preset });
  const taskList = createTaskList({ utils, joins, finals, work, batchedAdd });
  /** @type {import('graphile-worker').Runner | undefined} */
  let runner;

  return {
    async start() {
      await utils.migrate();
      await joins.create();
      runner = await run({ preset, taskList, noHandleSignals: true });
      runner.events.on('job:complete', ({ job }) => {
        const output = finals.get(job.id);
        if (output === undefined) return;
        finals.delete(job.id);
        waiters.finish(output);
      });
    },
    /** @param {Payload[]} inputs @param {number} stages @returns {Promise<any[]>} */
    async runChains(inputs, stages) {
      const results = Promise.all(inputs.map((input) => waiters.waitFor(input)));
      for (const some of chunk(inputs, JOBS_PER_ADD)) {
        await utils.addJobs(some.map((input) => ({ identifier: 'stage', payload: { input, stages } })));
      }
      return results;
    },
    /** @param {Payload} input @param {number} width @returns {Promise<any>} */
    async fanOut(input, width) {
      const result = waiters.waitFor(input);
      await utils.addJob('root', { input, width });
      return result;
    },
    async stop() {
      await runner?.stop();
      await utils.release();
      await pool.end();
    },
  };
}

/**
 * @param {{
 *   utils: import('graphile-worker').WorkerUtils,
 *   joins: ReturnType<typeof createJoinTable>,
 *   finals: Map<string, Payload>,
 *   work: SubjectEnv['work'],
 *   batchedAdd: boolean,
 * }} parts
 * @returns {import('graphile-worker').TaskList}
 */
function createTaskList({ utils, joins, finals, work, batchedAdd }) {
  const addOne = (/** @type {any} */ job) => utils.addJob(job.identifier, job.payload);
  const add = batchedAdd ? createBatcher((jobs) => utils.addJobs(jobs)) : addOne;
  const addItem = batchedAdd
    ? createBatcher((outputs) => joins.add(outputs))
    : (/** @type {any} */ output) => joins.add([output]);

  return {
    async stage({ input, stages }, { job }) {
      const output = work.perform(input);
      if (output.stage === stages) finals.set(job.id, output);
      else await add({ identifier: 'stage', payload: { input: output, stages } });
    },
    async root({ input, width }) {
      const output = work.perform(input);
      await joins.open(output, width);
      const items = Array.from({ length: width }, (_, item) => ({
        identifier: 'item',
        payload: { input: output, item },
      }));
      await utils.addJobs(items);
    },
    async item({ input, item }) {
      const isLast = await addItem(work.performItem(input, item));
      if (isLast) await addOne({ identifier: 'join', payload: { lap: input.lap, run: input.run } });
    },
    async join(root, { job }) {
      finals.set(job.id, work.performJoin(await joins.read(root)));
    },
  };
}

/** @param {string} name @param {{concurrentJobs: number, localQueueSize: number, batchedAdd: boolean}} options */
function define(name, options) {
  const { concurrentJobs, localQueueSize, batchedAdd } = options;
  return {
    name,
    setting:
      `concurrentJobs ${concurrentJobs}, localQueue.size ${localQueueSize}, completeJobBatchDelay 0, pool ${POOL_SIZE}; ` +
      (batchedAdd ? 'next jobs added in micro-batches by our handler code' : 'one addJob a stage') +
      '; join by hand-written tables',
    durability: DURABILITY,
    services: [{ kind: 'postgres' }],
    packages: ['graphile-worker', 'pg'],
    create: (/** @type {SubjectEnv} */ env) => createGraphileWorker(env, options),
  };
}

export const subjects = [
  define('graphile-worker', { concurrentJobs: 100, localQueueSize: 200, batchedAdd: false }),
  define('graphile-worker-batched-add', { concurrentJobs: 500, localQueueSize: 1000, batchedAdd: true }),
];
