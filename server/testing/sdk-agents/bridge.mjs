// An agent of the TypeScript SDK whose handler is played by the test: it asks over standard input and output, a line of
// JSON each. Settings: SIGNALBOX_URL, SIGNALBOX_TOKEN, and the script as the one argument.
import { createInterface } from 'node:readline';
import { startAgent, TaskFailure } from '../../../sdk/typescript/index.mjs';

const { name, capability, concurrency } = JSON.parse(process.argv[2] ?? '');
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const works = new Map();

function handle(task) {
  const { task_id, epoch, signal } = task;
  const key = `${task_id} ${epoch}`;
  const { promise, resolve, reject } = settled();
  works.set(key, { task, resolve, reject });
  signal.addEventListener('abort', () => say({ type: 'stop', key, reason: signal.reason.message }));
  say({ type: 'task', key, task: JSON.parse(JSON.stringify(task)) });
  return promise;
}

/** Node 20 has no `Promise.withResolvers`. */
function settled() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

function obey({ key, act, ...order }) {
  const { task, resolve, reject } = works.get(key);
  if (act === 'log') task.log(order.level, order.message, order.fields);
  else if (act === 'progress') task.progress(order.fraction, order.note);
  else if (act === 'partial') task.partial(order.chunk);
  else if (act === 'return') resolve(order.output);
  else
    reject(order.failure ? new TaskFailure(order.failure.message, order.failure) : new Error(order.message));
}

createInterface({ input: process.stdin })
  .on('line', (line) => obey(JSON.parse(line)))
  // The test is gone.
  .on('close', () => process.exit());
const agent = await startAgent({
  name,
  handlers: { [capability]: handle },
  maxConcurrency: concurrency,
  beatMs: 200,
});
say({ type: 'ready', id: agent.id });
