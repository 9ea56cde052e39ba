// @ts-check
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, SignalboxError } from './errors.mjs';
import { createSession } from './session.mjs';

/**
 * The thread that talks to the server, so that its signs of life go on whatever a handler does to the other one.
 * @import { FromWorker, ToWorker } from './agent.mjs'
 */
const port = parentPort;
if (!port) throw new Error('This file is started as a worker by agent.mjs.');

/** @param {FromWorker} message */
const say = (message) => port.postMessage(message);
/** Cells that the handler's thread reads even when it lets no message in. @type {Map<string, Int32Array>} */
const flags = new Map();

const session = createSession(workerData, {
  begin(key, task) {
    const shared = new SharedArrayBuffer(4);
    flags.set(key, new Int32Array(shared));
    say({ type: 'task', key, agentId: session.identity().id, task, shared });
  },
  stop(key, reason) {
    const flag = flags.get(key);
    if (flag) Atomics.store(flag, 0, 1);
    say({ type: 'stop', key, reason });
  },
  trouble: (message) => say({ type: 'trouble', message }),
  end: (end) => say({ type: 'end', end }),
});

port.on('message', (/** @type {ToWorker} */ message) => {
  switch (message.type) {
    case 'log':
      return session.log(message.key, message.fields);
    case 'progress':
      return session.progress(message.key, message.fraction, message.note);
    case 'answer':
      flags.delete(message.key);
      return session.answer(message.key, message.answer);
    case 'drain':
      return void session.drain(message.withinMs);
    case 'stop':
      return session.stop();
  }
});

session.start().then(
  () => say({ type: 'registered', id: session.identity().id }),
  (error) => {
    const {
      code = 'INTERNAL',
      status,
      advice,
      requestId,
      details,
    } = error instanceof SignalboxError ? error : {};
    const message = error instanceof SignalboxError ? error.message : messageOf(error);
    say({ type: 'refused', error: { code, message, status, advice, requestId, details } });
  },
);
