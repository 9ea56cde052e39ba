import { chunk, createRunWaiters } from './run-waiters.mjs';

/** @typedef {import('../subject.ts').SubjectEnv} SubjectEnv */
/** @typedef {import('../workload.ts').Payload} Payload */

const QUEUE = 'bench';
const CONCURRENCY = 64;
const FLOWS_PER_ADD = 100;

/**
 * A chain is one flow: each stage is the parent of the stage before it and reads that one's result.
 * BullMQ's flows are trees, so the first stage of a fan-out adds the flow of items and join when it runs.
 * @param {SubjectEnv} env
 */
async function createBullmq({ redisUrl, work }) {
  const { FlowProducer, Worker } = await import('bullmq');
  const { hostname, port } = new URL(/** @type {string} */ (redisUrl));
  const connection = { host: hostname, port: Number(port), maxRetriesPerRequest: null };
  const waiters = createRunWaiters();
  const flows = new FlowProducer({ connection });

  /** @type {Record<string, (job: import('bullmq').Job) => Promise<any>>} */
  const bodies = {
    first: async (job) => work.perform(job.data.input),
    next: async (job) => work.perform(Object.values(await job.getChildrenValues())[0]),
    root: async (job) => {
      const output = work.perform(job.data.input);
      await flows.add(fanOutFlow(output, job.data.width));
      return output;
    },
    item: async (job) => work.performItem(job.data.input, job.data.item),
    join: async (job) => work.performJoin(Object.values(await job.getChildrenValues())),
  };
  const worker = new Worker(QUEUE, (job) => /** @type {any} */ (bodies[job.name])(job), {
    connection,
    concurrency: CONCURRENCY,
    autorun: false,
  });
  // Emitted after Redis has stored the result.
  worker.on('completed', (job, output) => {
    if (job.name === 'join' || job.data.last) waiters.finish(output);
  });
  worker.on('failed', (_job, error) => waiters.failAll(error));
  worker.on('error', (error) => waiters.failAll(error));

  return {
    async start() {
      await Promise.all([flows.waitUntilReady(), worker.waitUntilReady()]);
      worker.run().catch((error) => waiters.failAll(error));
    },
    /** @param {Payload[]} inputs @param {number} stages @returns {Promise<any[]>} */
    async runChains(inputs, stages) {
      const results = Promise.all(inputs.map((input) => waiters.waitFor(input)));
      if (inputs.length === 1) await flows.add(chainFlow(/** @type {Payload} */ (inputs[0]), stages));
      else
        for (const some of chunk(inputs, FLOWS_PER_ADD))
          await flows.addBulk(some.map((input) => chainFlow(input, stages)));
      return results;
    },
    /** @param {Payload} input @param {number} width @returns {Promise<any>} */
    async fanOut(input, width) {
      const result = waiters.waitFor(input);
      await flows.add({ name: 'root', queueName: QUEUE, data: { input, width } });
      return result;
    },
    async stop() {
      await worker.close();
      await flows.close();
    },
  };
}

/** @param {Payload} input @param {number} stages @returns {import('bullmq').FlowJob} */
function chainFlow(input, stages) {
  /** @type {import('bullmq').FlowJob} */
  let flow = { name: 'first', queueName: QUEUE, data: { input, last: stages === 1 } };
  for (let stage = 1; stage < stages; stage++) {
    flow = { name: 'next', queueName: QUEUE, data: { last: stage === stages - 1 }, children: [flow] };
  }
  return flow;
}

/** @param {Payload} input @param {number} width @returns {import('bullmq').FlowJob} */
function fanOutFlow(input, width) {
  const children = Array.from({ length: width }, (_, item) => ({
    name: 'item',
    queueName: QUEUE,
    data: { input, item },
  }));
  return { name: 'join', queueName: QUEUE, children };
}

/** @param {string} name @param {import('../subject.ts').RedisPersistence} persistence @param {string} durability */
function define(name, persistence, durability) {
  return {
    name,
    setting: `one Worker, concurrency ${CONCURRENCY}; FlowProducer, ${FLOWS_PER_ADD} flows an add`,
    durability,
    services: [{ kind: 'redis', persistence }],
    packages: ['bullmq', 'ioredis'],
    create: createBullmq,
  };
}

export const subjects = [
  define('bullmq-mem', 'none', 'none: Redis without persistence'),
  define('bullmq-aof', 'everysec', 'AOF everysec: up to about a second of acknowledged work can be lost'),
  define('bullmq-aof-always', 'always', 'AOF always: flushed before each reply'),
];
