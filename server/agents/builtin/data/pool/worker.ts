import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AgentFailure } from '../../../agent.ts';
import { type ChildMessage, type ChildSettings, childMessageSchema, type Job } from './protocol.ts';

/** The server's hold on one child process. */
export interface Worker {
  pid: number | undefined;
  /** Settles when the child can take a job, or has ended before that. */
  ready: Promise<void>;
  exited: Promise<string>;
  isAlive(): boolean;
  send(job: Job): void;
  /** Only one listener at a time: a worker has one job. */
  listen(listener: (message: ChildMessage) => void): void;
  kill(): void;
  /** Undefined where the system does not tell. */
  residentBytes(): number | undefined;
}

const CHILD_FILE = fileURLToPath(new URL('./child.ts', import.meta.url));
const STDERR_TAIL = 4_096;
const PAGE_BYTES = 4_096;

function residentBytesOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return Number.isFinite(pages) ? pages * PAGE_BYTES : undefined;
  } catch {
    return undefined;
  }
}

/** When memory runs out, the kernel shall choose the child before the server. */
function offerToOutOfMemory(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // Only Linux has it, and the child may be gone already.
  }
}

function start(settings: ChildSettings, heapMb: number): ChildProcess {
  return fork(CHILD_FILE, [JSON.stringify(settings)], {
    // Our own environment holds secrets: the child gets none of it.
    env: { NODE_ENV: 'production', TZ: 'UTC' },
    execArgv: [
      `--max-old-space-size=${heapMb}`,
      '--no-warnings',
      // A second wall, around our own JavaScript: no processes, no threads, no writing elsewhere.
      '--permission',
      '--allow-addons',
      '--allow-fs-read=*',
      `--allow-fs-write=${settings.directory}`,
    ],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
  });
}

function describeExit(code: number | null, signal: string | null, stderr: string): string {
  const how = signal ? `signal ${signal}` : `exit code ${code}`;
  const lastWords = stderr.trim().split('\n').at(-1)?.slice(0, 300);
  return lastWords ? `${how}: ${lastWords}` : how;
}

export function spawnWorker(settings: ChildSettings, heapMb: number): Worker {
  const child = start(settings, heapMb);
  offerToOutOfMemory(child.pid);
  let stderr = '';
  let alive = true;
  let listener: (message: ChildMessage) => void = () => {};
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_TAIL);
  });
  const exited = new Promise<string>((resolve) => {
    const end = (text: string) => {
      alive = false;
      resolve(text);
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => end(describeExit(code, signal, stderr)));
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (raw) => {
      const parsed = childMessageSchema.safeParse(raw);
      if (!parsed.success) child.kill('SIGKILL');
      // status-words: a child's first message
      else if (parsed.data.kind === 'ready') resolve();
      else listener(parsed.data);
    });
    void exited.then((how) =>
      reject(new AgentFailure('agent', 'CHILD_START', `A data process could not start (${how}).`)),
    );
  });
  // Nobody may be waiting for it when it fails.
  ready.catch(() => {});
  return {
    pid: child.pid,
    ready,
    exited,
    isAlive: () => alive,
    send: (job) => {
      child.send(job, (error) => {
        if (error) child.kill('SIGKILL');
      });
    },
    listen(next) {
      listener = next;
    },
    kill: () => {
      child.kill('SIGKILL');
    },
    residentBytes: () => residentBytesOf(child.pid),
  };
}
