import { type ChildProcess, fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PausePoint } from '#server/coordinator/pause-points.ts';
import type { Happening, Reply } from '#server/domain/engine/happenings.ts';
import type { RunId } from '#server/domain/ids.ts';
import type { Report } from '#server/domain/messages.ts';
import type { ReportAnswer, Reporter } from '#server/domain/reports.ts';
import type {
  BootOptions,
  EngineReport,
  FromChild,
  KillPoint,
  OrderName,
  Orders,
  StartOrder,
} from './protocol.ts';
import { comes } from './until.ts';

const ENTRY = fileURLToPath(new URL('./engine-process.ts', import.meta.url));

/** An engine in a process of its own, as its parent sees it. Whatever it is asked rejects once it has died. */
export interface EngineChild extends AsyncDisposable {
  pid: number;
  start(order: StartOrder): Promise<Reply>;
  tell(runId: RunId, happening: Happening): Promise<Reply>;
  report(from: Reporter, reports: Report[]): Promise<ReportAnswer[]>;
  adopt(gone: readonly string[]): Promise<void>;
  killAt(point: PausePoint, nth?: number): Promise<void>;
  /** Resolves when it is known to the process; `held` resolves when somebody waits there. */
  holdAt(point: PausePoint, nth?: number): Promise<{ held: Promise<void> }>;
  release(): Promise<void>;
  muteBeats(yes: boolean): Promise<void>;
  state(): Promise<EngineReport>;
  /** Resolves with the exit code, or null after a signal. */
  exited: Promise<number | null>;
  /** Waits for the kill that was asked for; an engine that never comes to its point is named instead of waited for. */
  killed(): Promise<void>;
  isAlive(): boolean;
  kill(): Promise<void>;
  terminate(): Promise<number | null>;
  freeze(): void;
  thaw(): void;
  /** What it has printed, for error messages. */
  printed(): string;
}

/** A process whose code is loaded and which waits to be told where to begin: half the cost of a restart, paid early. */
export interface WaitingProcess {
  /** There before the boot, which never ends if the engine is to die in it. */
  engine: EngineChild;
  boot(options: BootOptions): Promise<EngineChild>;
  discard(): void;
}

export function prepareEngine(): WaitingProcess {
  const child = fork(ENTRY, [], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // What the first one has compiled the others need not: most of a start is that.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'signalbox-compile-cache') },
  });
  const handle = wrapChild(child);
  return {
    engine: handle.engine,
    async boot(options) {
      if (options.killAt) handle.expectKill(options.killAt);
      await handle.ask('boot', options);
      return handle.engine;
    },
    discard: () => child.kill('SIGKILL'),
  };
}

export const startEngineChild = (options: BootOptions): Promise<EngineChild> => prepareEngine().boot(options);

type Ask = <Name extends OrderName>(order: Name, ask: Orders[Name]['ask']) => Promise<Orders[Name]['answer']>;

const KEPT_OUTPUT = 20_000;

interface Handle {
  ask: Ask;
  engine: EngineChild;
  expectKill(at: KillPoint): void;
}

function wrapChild(child: ChildProcess): Handle {
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  const held = new Map<PausePoint, () => void>();
  let printed = '';
  let lastId = 0;
  let lastPoint = 'a point where it is killed';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      printed = (printed + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
    });
  }
  child.on('message', (message: FromChild) => {
    if (message.type === 'held') held.get(message.point)?.();
    if (message.type !== 'answer' && message.type !== 'refused') return;
    const asker = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.type === 'answer') asker?.resolve(message.answer);
    else asker?.reject(new Error(message.message));
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      for (const { reject } of waiting.values())
        reject(new Error(`The engine process has ended.\n${printed}`));
      waiting.clear();
      resolve(code);
    });
  });
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;

  const ask: Ask = (order, what) =>
    new Promise((resolve, reject) => {
      if (!isAlive()) return reject(new Error(`The engine process has ended.\n${printed}`));
      lastId += 1;
      const id = lastId;
      waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      child.send({ id, order, ask: what }, (error) => {
        if (error && waiting.delete(id)) reject(error);
      });
    });

  function expectKill({ point, nth }: KillPoint): void {
    lastPoint = `${point}, time ${nth}`;
  }

  async function kill(): Promise<void> {
    if (isAlive()) child.kill('SIGKILL');
    await exited;
  }

  const engine: EngineChild = {
    pid: child.pid ?? 0,
    start: (order) => ask('start', order),
    tell: (runId, happening) => ask('tell', { runId, happening }),
    report: (from, reports) => ask('report', { from, reports }),
    adopt: async (gone) => void (await ask('adopt', { gone: [...gone] })),
    async killAt(point, nth = 1) {
      expectKill({ point, nth });
      await ask('killAt', { point, nth });
    },
    async holdAt(point, nth = 1) {
      const { promise, resolve } = Promise.withResolvers<void>();
      held.set(point, resolve);
      await ask('holdAt', { point, nth });
      return { held: promise };
    },
    release: async () => void (await ask('release', null)),
    muteBeats: async (yes) => void (await ask('muteBeats', { yes })),
    state: () => ask('state', null),
    exited,
    killed: async () => void (await comes(`the engine's end, at ${lastPoint}`, exited)),
    isAlive,
    kill,
    async terminate() {
      child.kill('SIGTERM');
      return comes('the orderly end of an engine', exited);
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    printed: () => printed,
    [Symbol.asyncDispose]: kill,
  };
  return { ask, engine, expectKill };
}
