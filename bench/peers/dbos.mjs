/** @typedef {import('../subject.ts').SubjectEnv} SubjectEnv */
/** @typedef {import('../workload.ts').Payload} Payload */

const IN_FLIGHT = 50;
const POOL_SIZE = 20;
const QUEUE = 'bench';
const DURABILITY = 'PostgreSQL commit (fsync) a step and a workflow transition; step results kept';

/**
 * A run is one workflow and its stages are steps inside it: no stage is dispatched to another worker.
 * @param {SubjectEnv} env
 * @param {{queued: boolean}} options
 */
async function createDbos({ databaseUrl, work }, { queued }) {
  const { DBOS } = await import('@dbos-inc/dbos-sdk');
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: databaseUrl,
    systemDatabasePoolSize: POOL_SIZE,
    logLevel: 'error',
  });

  const chain = DBOS.registerWorkflow(
    async (/** @type {Payload} */ input, /** @type {number} */ stages) => {
      let payload = input;
      for (let stage = 0; stage < stages; stage++) {
        const from = payload;
        payload = await DBOS.runStep(async () => work.perform(from), { name: 'stage' });
      }
      return payload;
    },
    { name: 'chain' },
  );
  const item = DBOS.registerWorkflow(
    async (/** @type {Payload} */ input, /** @type {number} */ number) =>
      DBOS.runStep(async () => work.performItem(input, number), { name: 'item' }),
    { name: 'item' },
  );
  const fan = DBOS.registerWorkflow(
    async (/** @type {Payload} */ input, /** @type {number} */ width) => {
      const root = await DBOS.runStep(async () => work.perform(input), { name: 'root' });
      const numbers = Array.from({ length: width }, (_, number) => number);
      const outputs = queued ? await fanOutToQueue(root, numbers) : await fanOutToSteps(root, numbers);
      return DBOS.runStep(async () => work.performJoin(outputs), { name: 'join' });
    },
    { name: 'fan-out' },
  );

  /** @param {Payload} root @param {number[]} numbers */
  function fanOutToSteps(root, numbers) {
    const steps = numbers.map((number) =>
      DBOS.runStep(async () => work.performItem(root, number), { name: 'item' }),
    );
    return Promise.all(steps);
  }

  /** @param {Payload} root @param {number[]} numbers */
  async function fanOutToQueue(root, numbers) {
    const handles = [];
    for (const number of numbers)
      handles.push(await DBOS.startWorkflow(item, { queueName: QUEUE })(root, number));
    return Promise.all(handles.map((handle) => handle.getResult({ pollingIntervalMs: 10 })));
  }

  const options = queued ? { queueName: QUEUE } : {};
  /** @param {Payload} input @param {number} stages */
  async function runOne(input, stages) {
    const handle = await DBOS.startWorkflow(chain, options)(input, stages);
    return /** @type {Promise<Payload>} */ (handle.getResult({ pollingIntervalMs: 5 }));
  }

  return {
    async start() {
      await DBOS.launch();
      if (queued) await DBOS.registerQueue(QUEUE, { workerConcurrency: 100, minPollingIntervalMs: 10 });
    },
    /** @param {Payload[]} inputs @param {number} stages @returns {Promise<Payload[]>} */
    async runChains(inputs, stages) {
      return mapConcurrently(inputs, queued ? 2 * IN_FLIGHT : IN_FLIGHT, (input) => runOne(input, stages));
    },
    /** @param {Payload} input @param {number} width @returns {Promise<Payload>} */
    async fanOut(input, width) {
      const handle = await DBOS.startWorkflow(fan)(input, width);
      return /** @type {Promise<Payload>} */ (handle.getResult());
    },
    async stop() {
      await DBOS.shutdown();
    },
  };
}

/**
 * @template T, R
 * @param {readonly T[]} items
 * @param {number} limit
 * @param {(item: T) => Promise<R>} act
 * @returns {Promise<R[]>}
 */
async function mapConcurrently(items, limit, act) {
  /** @type {R[]} */
  const results = new Array(items.length);
  const entries = items.entries();
  const lanes = Array.from({ length: limit }, async () => {
    for (const [at, item] of entries) results[at] = await act(item);
  });
  await Promise.all(lanes);
  return results;
}

export const subjects = [
  {
    name: 'dbos',
    setting: `workflows started directly, ${IN_FLIGHT} in flight, pool ${POOL_SIZE}; stages are steps, a fan-out's items parallel steps`,
    durability: DURABILITY,
    services: [{ kind: 'postgres' }],
    packages: ['@dbos-inc/dbos-sdk', 'pg'],
    create: (/** @type {SubjectEnv} */ env) => createDbos(env, { queued: false }),
  },
  {
    name: 'dbos-queue',
    setting: `queue with workerConcurrency 100, minPollingIntervalMs 10, pool ${POOL_SIZE}; a fan-out's items are queued workflows`,
    durability: DURABILITY,
    services: [{ kind: 'postgres' }],
    packages: ['@dbos-inc/dbos-sdk', 'pg'],
    create: (/** @type {SubjectEnv} */ env) => createDbos(env, { queued: true }),
  },
];
