import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * The keeper of one private service: a process of its own that outlives its owner just long enough to
 * clean up. Requests come as JSON lines; the end of the input means that the owner is gone.
 */

const STOP_WITHIN_MS = 15_000;
const KEPT_OUTPUT = 8000;

let spec;
let running = [];
let output = '';

function keepOutput(chunk) {
  output = (output + chunk).slice(-KEPT_OUTPUT);
}

function startOne({ command, args, env, uid, gid }) {
  const child = spawn(command, args, {
    cwd: spec.folder,
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', ...env },
    uid,
    gid,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: the service's children are reached with it, and a terminal's Ctrl-C is not.
    detached: true,
  });
  child.stdout.setEncoding('utf8').on('data', keepOutput);
  child.stderr.setEncoding('utf8').on('data', keepOutput);
  const entry = { child, isRunning: true, ended: undefined };
  entry.ended = new Promise((resolve) => {
    const end = () => {
      entry.isRunning = false;
      resolve();
    };
    child.once('error', (error) => {
      keepOutput(error.message);
      end();
    });
    child.once('exit', end);
  });
  return entry;
}

function signalGroup({ child }, signal) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Resolves when nobody is left in the group: a killed Postgres leaves backends for a moment. */
async function waitUntilGroupIsGone({ child }) {
  for (;;) {
    try {
      process.kill(-child.pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function kill9() {
  for (const entry of running) signalGroup(entry, 'SIGKILL');
  await Promise.all(running.map((entry) => entry.ended));
  await Promise.all(running.map(waitUntilGroupIsGone));
  running = [];
}

/** Stops the service in order, then whatever it needed, and does not wait for ever. */
async function halt() {
  const service = running.at(-1);
  if (service?.isRunning) {
    service.child.kill(spec.stopSignal);
    await Promise.race([service.ended, new Promise((resolve) => setTimeout(resolve, STOP_WITHIN_MS))]);
  }
  await kill9();
}

const ACTIONS = {
  configure: (request) => {
    spec = request;
  },
  start: () => {
    output = '';
    running = spec.processes.map(startOne);
  },
  status: () => ({ isRunning: running.at(-1)?.isRunning === true, output }),
  kill9,
  halt,
  freeze: () => running.forEach((entry) => signalGroup(entry, 'SIGSTOP')),
  thaw: () => running.forEach((entry) => signalGroup(entry, 'SIGCONT')),
};

// The owner decides when it ends; what a terminal or a supervisor sends to everybody is not for the keeper.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const answer = await ACTIONS[request.do](request);
  process.stdout.write(`${JSON.stringify(answer ?? {})}\n`);
}
ACTIONS.thaw();
await halt();
if (spec !== undefined) rmSync(spec.folder, { recursive: true, force: true });
process.exit(0);
