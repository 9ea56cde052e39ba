import { spawn, spawnSync } from 'node:child_process';
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

/** Every process below the service's own ones. Postgres puts each backend in a session of its own, so groups do not do. */
function listTree() {
  const roots = running.map(({ child }) => child.pid).filter((pid) => pid !== undefined);
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = (stdout ?? '')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const tree = new Set(roots);
  // Parents come before children in a few passes at most; the listing itself is in no useful order.
  for (let before = -1; before !== tree.size; ) {
    before = tree.size;
    for (const [pid, parent] of pairs) if (tree.has(parent)) tree.add(pid);
  }
  return [...tree];
}

function signalAll(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function kill9() {
  const tree = listTree();
  signalAll(tree, 'SIGKILL');
  await Promise.all(running.map((entry) => entry.ended));
  while (tree.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 10));
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
  freeze: () => signalAll(listTree(), 'SIGSTOP'),
  thaw: () => signalAll(listTree(), 'SIGCONT'),
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
