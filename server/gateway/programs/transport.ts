import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type JSONRPCMessage,
  ReadBuffer,
  serializeMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import type { Ids } from '#server/platform/system-user.ts';
import { signalGroup } from './groups.ts';
import type { Guard } from './guard.ts';

export interface StdioCommand {
  /** An absolute path; it is started as it is, without a shell. */
  command: string;
  args: readonly string[];
  /** All that it sees of the environment. */
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** Left out: as this process. */
  user?: Ids | undefined;
  maxMessageBytes: number;
  maxResidentBytes: number;
  /** Ends it where this process can no longer. */
  guard: Pick<Guard, 'watch' | 'forget'>;
}

export interface StdioTransport extends Transport {
  /** Both are what the client knows a process by. */
  readonly pid: number | null;
  readonly stderr: PassThrough;
  /** The last that it said beside the protocol. */
  lastWords(): string;
}

const GRACE_MS = 1500;
const WATCH_MS = 5000;
const LAST_WORDS_BYTES = 4096;
const PAGE_BYTES = 4096;

/**
 * A server as a process: in a group of its own, which ends as a whole when the transport does, so that nothing that
 * it has started stays behind. It is asked to end by the end of its input, then told, then killed.
 */
export function createStdioTransport(what: StdioCommand): StdioTransport {
  const buffer = new ReadBuffer({ maxBufferSize: what.maxMessageBytes });
  let child: ChildProcess | null = null;
  let exited: Promise<void> = Promise.resolve();
  let watch: NodeJS.Timeout | undefined;
  let words = '';
  let isHandingOver = false;
  let isLooking = false;

  function read(chunk: Buffer): void {
    try {
      buffer.append(chunk);
    } catch (error) {
      transport.onerror?.(error as Error);
      void transport.close();
      return;
    }
    if (!isHandingOver) void handOver();
  }

  /**
   * The client works on what it is told a moment later, and on answers at once: a last word about progress that comes
   * together with the answer would be heard too late. So what is no answer is given its moment.
   */
  async function handOver(): Promise<void> {
    isHandingOver = true;
    for (let message = next(); message !== null; message = next()) {
      transport.onmessage?.(message);
      if (!('id' in message)) await nextTurn();
    }
    isHandingOver = false;
  }

  function next(): JSONRPCMessage | null {
    for (;;) {
      try {
        return buffer.readMessage();
      } catch (error) {
        // A line that is no message: the next may be one.
        transport.onerror?.(error as Error);
      }
    }
  }

  /** One look at a time: where many processes run it takes long, and looks that overtake each other leave no time for calls. */
  async function look(pid: number): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    const bytes = await residentBytesOf(pid).finally(() => {
      isLooking = false;
    });
    if (bytes <= what.maxResidentBytes) return;
    words += `\nIt used ${Math.round(bytes / 1_048_576)} MiB of memory, and was ended.`;
    signalGroup(pid, 'SIGKILL');
  }

  function start(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const started = spawn(what.command, [...what.args], {
      cwd: what.cwd,
      // With these, Node gives up the groups of this process too.
      ...(what.user ? { uid: what.user.uid, gid: what.user.gid } : {}),
      env: { ...what.env } as NodeJS.ProcessEnv,
      shell: false,
      // A group of its own, and none of our terminal's.
      detached: true,
      windowsHide: true,
    });
    child = started;
    if (started.pid !== undefined) what.guard.watch(started.pid);
    const gone = Promise.withResolvers<void>();
    exited = gone.promise;
    const end = () => {
      clearInterval(watch);
      gone.resolve();
    };
    started.once('error', (error) => {
      end();
      reject(error);
      transport.onerror?.(error);
    });
    started.once('spawn', () => {
      const { pid } = started;
      if (pid !== undefined) {
        watch = setInterval(() => void look(pid).catch(() => undefined), WATCH_MS);
        watch.unref();
      }
      resolve();
    });
    started.once('exit', () => {
      end();
      // Whatever it has started goes with it.
      if (started.pid !== undefined) {
        signalGroup(started.pid, 'SIGKILL');
        what.guard.forget(started.pid);
      }
      child = null;
      transport.onclose?.();
    });
    started.stdin.on('error', (error) => transport.onerror?.(error));
    started.stdout.on('data', read);
    started.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString('utf8')).slice(-LAST_WORDS_BYTES);
    });
    return promise;
  }

  const transport: StdioTransport = {
    get pid() {
      return child?.pid ?? null;
    },
    stderr: new PassThrough(),
    lastWords: () => words.trim(),
    start,
    send(message: JSONRPCMessage) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const input = child?.stdin;
      if (!input?.writable) return Promise.reject(new Error('The server has ended.'));
      input.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
      return promise;
    },
    async close() {
      const pid = child?.pid;
      if (pid === undefined) return exited;
      child?.stdin?.end();
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        if (await endsWithin(exited, GRACE_MS)) break;
        signalGroup(pid, signal);
      }
      await exited;
    },
  };
  return transport;
}

async function endsWithin(exited: Promise<void>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), ms);
  const done = await Promise.race([exited.then(() => true), late.promise]);
  clearTimeout(timer);
  return done;
}

/** Of all processes of the group, where the system tells; 0 elsewhere. */
async function residentBytesOf(group: number): Promise<number> {
  if (process.platform !== 'linux') return 0;
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(ids.map((id) => residentIfMember(id, group)));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

async function residentIfMember(id: string, group: number): Promise<number> {
  const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
  // pid (name) state ppid pgrp ...: the name may hold anything, so what follows its last bracket counts.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[2]) === group ? Number(fields[21]) * PAGE_BYTES : 0;
}
