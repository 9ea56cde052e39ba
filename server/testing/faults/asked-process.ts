import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What can be asked of a process, by name, with the answer's type. */
export type OrderBook = { [name: string]: { ask: unknown; answer: unknown } };

export type Ask<Orders extends OrderBook> = <Name extends keyof Orders>(
  order: Name,
  ask: Orders[Name]['ask'],
) => Promise<Orders[Name]['answer']>;

/** A process that does what it is told over IPC. Whatever it is asked rejects once it has died. */
export interface AskedProcess<Orders extends OrderBook> {
  pid: number;
  ask: Ask<Orders>;
  /** Resolves with the exit code, or null after a signal. */
  exited: Promise<number | null>;
  isAlive(): boolean;
  signal(signal: NodeJS.Signals): void;
  kill(): Promise<void>;
  /** What it has printed, for error messages. */
  printed(): string;
}

type FromProcess =
  | { type: 'answer'; id: number; answer: unknown }
  | { type: 'refused'; id: number; message: string };

const KEPT_OUTPUT = 20_000;

/** `entry` is relative to this folder; `onMessage` hears what is no answer. */
export function forkAsked<Orders extends OrderBook>(
  entry: string,
  onMessage: (message: unknown) => void = () => undefined,
): AskedProcess<Orders> {
  const child = fork(fileURLToPath(new URL(entry, import.meta.url)), [], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let printed = '';
  let lastId = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      printed = (printed + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
    });
  }
  child.on('message', (message: FromProcess | { type: string }) => {
    if (!('id' in message)) return onMessage(message);
    const asker = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.type === 'answer') asker?.resolve(message.answer);
    else asker?.reject(new Error(message.message));
  });
  const gone = (): Error => new Error(`The process ${entry} has ended.\n${printed}`);
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      for (const { reject } of waiting.values()) reject(gone());
      waiting.clear();
      resolve(code);
    });
  });
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;

  const ask: Ask<Orders> = (order, what) =>
    new Promise((resolve, reject) => {
      if (!isAlive()) return reject(gone());
      lastId += 1;
      const id = lastId;
      waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      child.send({ id, order, ask: what }, (error) => {
        if (error && waiting.delete(id)) reject(error);
      });
    });

  return {
    pid: child.pid ?? 0,
    ask,
    exited,
    isAlive,
    signal: (signal) => void child.kill(signal),
    async kill() {
      if (isAlive()) child.kill('SIGKILL');
      await exited;
    },
    printed: () => printed,
  };
}
