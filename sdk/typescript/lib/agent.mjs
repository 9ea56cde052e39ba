// @ts-check
import { hostname } from 'node:os';
import { Worker } from 'node:worker_threads';
import { SignalboxError } from './errors.mjs';
import { createHands } from './hands.mjs';
import { watchProcess } from './process.mjs';

/**
 * @import { Agent, AgentEnd, AgentOptions } from '../index.mjs'
 * @import { Granted } from './session.mjs'
 * @typedef {{ type: string, output?: string, error?: { message: string } }} Answer
 * @typedef {{ type: 'log', key: string, fields: Record<string, unknown> } | { type: 'progress', key: string, fraction: number, note?: string | undefined }
 *   | { type: 'answer', key: string, answer: Answer } | { type: 'drain', withinMs: number } | { type: 'stop' }} ToWorker
 * @typedef {{ type: 'registered', id: string } | { type: 'refused', error: any } | { type: 'trouble', message: string }
 *   | { type: 'task', key: string, agentId: string, task: Granted, shared: SharedArrayBuffer } | { type: 'stop', key: string, reason: string }
 *   | { type: 'end', end: AgentEnd }} FromWorker
 */

const BEAT_MS = 2000;
const DRAIN_MS = 25_000;

/** @param {string} message */
const toStandardError = (message) => void process.stderr.write(`signalbox: ${message}\n`);

/** @param {AgentOptions} options */
function registrationOf({ name, handlers, instance, type, version, labels, resources, maxConcurrency = 1 }) {
  return {
    name,
    instance: instance ?? hostname(),
    capabilities: Object.keys(handlers).map((capability) => ({ name: capability })),
    max_concurrency: maxConcurrency,
    ...(type === undefined ? {} : { type }),
    ...(version === undefined ? {} : { version }),
    ...(labels === undefined ? {} : { labels: [...labels] }),
    ...(resources === undefined ? {} : { resources }),
  };
}

/**
 * @param {AgentOptions} options
 */
async function launch(options) {
  const { url, token, beatMs = BEAT_MS, drainMs = DRAIN_MS, onTrouble = toStandardError } = options;
  const worker = new Worker(new URL('./agent-worker.mjs', import.meta.url), {
    workerData: { registration: registrationOf(options), url, token, beatMs },
    // Flags of the program's own start are not for this file.
    execArgv: [],
  });
  /** @param {ToWorker} message */
  const tell = (message) => worker.postMessage(message);
  const hands = createHands({ ...options, tell });
  /** @type {(end: AgentEnd) => void} */
  let resolveEnd = () => {};
  /** @type {Promise<AgentEnd>} */
  const ended = new Promise((resolve) => {
    resolveEnd = resolve;
  });
  /** @param {AgentEnd} end */
  const end = (end) => {
    hands.stopAll(end.message);
    resolveEnd(end);
    void worker.terminate();
  };
  worker.on('error', (error) =>
    end({ why: 'failed', message: `The agent's own thread ended: ${error.message}` }),
  );
  const id = await new Promise((resolve, reject) => {
    worker.on('message', (/** @type {FromWorker} */ message) => {
      if (message.type === 'task') hands.begin(message);
      else if (message.type === 'stop') hands.stop(message.key, message.reason);
      else if (message.type === 'trouble') onTrouble(message.message);
      else if (message.type === 'end') end(message.end);
      else if (message.type === 'registered') resolve(message.id);
      else {
        const { code, message: text, ...more } = message.error;
        reject(new SignalboxError(code, text, more));
        void worker.terminate();
      }
    });
    void ended.then(({ message }) => reject(new SignalboxError('INTERNAL', message)));
  });
  const beginDrain = (/** @type {number} */ withinMs) => tell({ type: 'drain', withinMs });
  /** @type {Agent} */
  const agent = {
    id,
    ended,
    get working() {
      return hands.working();
    },
    drain({ withinMs = drainMs } = {}) {
      beginDrain(withinMs);
      return ended;
    },
    stop() {
      tell({ type: 'stop' });
      return ended;
    },
  };
  return { agent, hands, beginDrain };
}

/** @param {AgentOptions} options @returns {Promise<Agent>} */
export async function startAgent(options) {
  return (await launch(options)).agent;
}

/** @param {AgentOptions} options @returns {Promise<AgentEnd>} */
export async function runAgent(options) {
  const { drainMs = DRAIN_MS, onTrouble = toStandardError } = options;
  const { agent, hands, beginDrain } = await launch(options);
  const release = watchProcess({
    onTrouble,
    fail: hands.failStray,
    leave: (isUrgent) => beginDrain(isUrgent ? 0 : drainMs),
  });
  const end = await agent.ended;
  release();
  onTrouble(`The agent has ended (${end.why}): ${end.message}`);
  if (hands.working() > 0) exitSoon();
  return end;
}

const EXIT_MS = 5000;

/** A handler that does not hear that it was stopped shall not keep the program alive. */
function exitSoon() {
  setTimeout(() => process.exit(), EXIT_MS).unref();
}
