// @ts-check
import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { runAgent, TaskFailure } from '../../sdk/typescript/index.mjs';
import { findServer } from '../connect.mjs';
import { EXIT, wholeNumberOf } from '../usage.mjs';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { Task } from '../../sdk/typescript/index.mjs' */
/** @import { Command } from '../usage.mjs' */

/** What of a program's last words goes into the error of a failed task. */
const LAST_WORDS = 2000;
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;
/** As in `sysexits.h`: the data is at fault, so another try would be no better. */
const EX_DATAERR = 65;
const IS_WINDOWS = process.platform === 'win32';
const GRACE_MS = 5000;
/** What a program leaves running keeps its output open: so long it is listened to after the end, and no longer. */
const LAST_WORDS_MS = 1000;
/** Those that programs of this agent lead: they end with it, however it ends. @type {Set<number>} */
const groups = new Set();

/** @type {Command} */
export const serve = {
  about: 'be an agent: each task is given to a program, its input as JSON; what that prints is the output',
  args: 'CAPABILITY -- PROGRAM [ARGUMENT…]',
  least: 2,
  most: Number.POSITIVE_INFINITY,
  words: [() => 'capabilities'],
  options: {
    name: { type: 'string', about: "the agent's name; left out, the capability and the machine" },
    'at-once': { type: 'string', about: 'how many tasks at once; 1' },
  },
  async run({ args: [capability = '', ...command], options, client, out }) {
    // It says what to do where there is no key.
    client();
    const { url, token } = findServer(options);
    const maxConcurrency = wholeNumberOf('at-once', options['at-once'] ?? '1', 1);
    const end = await runAgent({
      name: options.name ?? `${capability} on ${hostname()}`,
      handlers: { [capability]: (task) => tell(out, task, () => runProgram(command, task)) },
      ...{ url, token, maxConcurrency },
    });
    if (out.isJson) out.json({ event: 'ended', why: end.why });
    return end.why === 'drained' ? EXIT.ok : EXIT.failed;
  },
};

/**
 * For a program that reads along: a line when a task begins and one when it is over.
 * @param {import('../output.mjs').Output} out @param {Task} task @param {() => Promise<any>} work
 */
async function tell(out, { task_id, run_id, stage, attempt }, work) {
  if (!out.isJson) return work();
  const about = { task_id, run_id, stage, attempt };
  out.json({ event: 'started', ...about });
  try {
    const output = await work();
    out.json({ event: 'succeeded', ...about });
    return output;
  } catch (error) {
    const { message, code } = /** @type {TaskFailure} */ (error);
    out.json({ event: 'failed', ...about, error: { code, message } });
    throw error;
  }
}

/**
 * One task by one process. Lines on standard error are the task's log, an exit code that is not 0 fails the attempt.
 * @param {string[]} command @param {Task} task
 */
function runProgram([program = '', ...args], task) {
  const { input, signal, log } = task;
  const child = begin(program, args, task);
  signal.addEventListener('abort', () => end(child), { once: true });
  // It may end without having read all of it.
  child.stdin.on('error', () => {}).end(`${JSON.stringify(input ?? null)}\n`);
  let words = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    words = `${words}${line}\n`.slice(-LAST_WORDS);
    log('info', line);
  });
  /** @type {Buffer[]} */
  const printed = [];
  let bytes = 0;
  child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
    bytes += chunk.length;
    if (bytes > MOST_OUTPUT_BYTES) signalAll(child, 'SIGKILL');
    else printed.push(chunk);
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new TaskFailure(`${program} cannot be started: ${error.message}`, { code: 'NO_PROGRAM' })),
    );
    whenOver(child, (code, killedBy) => {
      if (code === 0) resolve(readOutput(Buffer.concat(printed).toString('utf8').trim()));
      else if (bytes > MOST_OUTPUT_BYTES)
        reject(new TaskFailure(`${program} printed more than 64 MB.`, { code: 'TOO_MUCH' }));
      else {
        const how = code === null ? `was ended by ${killedBy}` : `ended with ${code}`;
        const failure = {
          code: `EXIT_${code ?? killedBy}`,
          ...(code === EX_DATAERR ? { class: /** @type {const} */ ('invalid-input') } : {}),
        };
        reject(new TaskFailure(`${program} ${how}.${words ? ` ${words.trim()}` : ''}`, failure));
      }
    });
  });
}

/**
 * In a process group of its own, so that what it starts can be ended with it.
 * @param {string} program @param {string[]} args @param {Task} task
 */
function begin(program, args, task) {
  const env = {
    ...process.env,
    SIGNALBOX_TASK: task.task_id,
    SIGNALBOX_RUN: task.run_id,
    SIGNALBOX_STAGE: task.stage,
    SIGNALBOX_ATTEMPT: String(task.attempt),
    SIGNALBOX_EFFECT_KEY: task.effectKey,
    SIGNALBOX_CONFIG: JSON.stringify(task.config),
    SIGNALBOX_PARAMETERS: JSON.stringify(task.parameters),
  };
  try {
    return spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env, detached: !IS_WINDOWS });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'E2BIG')) throw error;
    const [config, parameters] = [env.SIGNALBOX_CONFIG, env.SIGNALBOX_PARAMETERS].map(sizeOf);
    // Another try would be no better.
    throw new TaskFailure(
      `${program} cannot be started: the stage's configuration (${config} KB) and the run's parameters (${parameters} KB) are more than the environment of a program holds. Hand large values over as input.`,
      { class: 'invalid-input', code: 'TOO_LARGE_FOR_PROGRAM' },
    );
  }
}

/** @param {string} text */
const sizeOf = (text) => Math.ceil(Buffer.byteLength(text) / 1024);

/**
 * When it has ended and all of its output has come. A process that it left behind may hold that open for as long as it likes.
 * @param {ChildProcess} child @param {(code: number | null, signal: NodeJS.Signals | null) => void} settle
 */
function whenOver(child, settle) {
  const { pid } = child;
  if (pid !== undefined && !IS_WINDOWS) groups.add(pid);
  child.once('exit', () => {
    if (pid !== undefined) groups.delete(pid);
    const limit = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, LAST_WORDS_MS);
    child.once('close', () => clearTimeout(limit));
  });
  child.once('close', settle);
}

/** @param {ChildProcess} child */
function end(child) {
  signalAll(child, 'SIGTERM');
  setTimeout(() => signalAll(child, 'SIGKILL'), GRACE_MS).unref();
}

/** All of its group. @param {Pick<ChildProcess, 'pid'>} child @param {NodeJS.Signals} signal */
function signalAll({ pid }, signal) {
  if (pid === undefined) return;
  try {
    process.kill(IS_WINDOWS ? pid : -pid, signal);
  } catch {
    // There is nobody left in it.
  }
}

process.on('exit', () => {
  for (const pid of groups) signalAll({ pid }, 'SIGKILL');
});

/** JSON where it is, and a text otherwise. @param {string} text */
function readOutput(text) {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
