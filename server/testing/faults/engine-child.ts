import type { PausePoint } from '#server/coordinator/pause-points.ts';
import type { Happening, Reply } from '#server/domain/engine/happenings.ts';
import type { AgentId, RunId } from '#server/domain/ids.ts';
import type { Report } from '#server/domain/messages.ts';
import type { ReportAnswer, Reporter } from '#server/domain/reports.ts';
import { type AskedProcess, forkAsked } from './asked-process.ts';
import type { BootOptions, EngineReport, FromChild, KillPoint, Orders, StartOrder } from './protocol.ts';
import { comes } from './until.ts';

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
  /** As a person does who looks at the board; only over RabbitMQ. Null lets it serve again. */
  orderAgent(agentId: AgentId, state: 'draining' | 'paused' | null): Promise<void>;
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
}

export function prepareEngine(): WaitingProcess {
  const held = new Map<PausePoint, () => void>();
  const child = forkAsked<Orders>('./engine-process.ts', (message) => {
    const { type, point } = message as Exclude<FromChild, { id: number }> & { point?: PausePoint };
    if (type === 'held' && point) held.get(point)?.();
  });
  const { engine, expectKill } = wrapChild(child, held);
  return {
    engine,
    async boot(options) {
      if (options.killAt) expectKill(options.killAt);
      await child.ask('boot', options);
      return engine;
    },
  };
}

export const startEngineChild = (options: BootOptions): Promise<EngineChild> => prepareEngine().boot(options);

function wrapChild(
  child: AskedProcess<Orders>,
  held: Map<PausePoint, () => void>,
): { engine: EngineChild; expectKill(at: KillPoint): void } {
  const { ask, exited, isAlive, kill, printed, signal } = child;
  let lastPoint = 'a point where it is killed';
  const expectKill = ({ point, nth }: KillPoint): void => {
    lastPoint = `${point}, time ${nth}`;
  };
  const engine: EngineChild = {
    ...{ pid: child.pid, exited, isAlive, kill, printed },
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
    orderAgent: async (agentId, state) => void (await ask('orderAgent', { agentId, state })),
    state: () => ask('state', null),
    killed: async () => void (await comes(`the engine's end, at ${lastPoint}`, exited)),
    async terminate() {
      signal('SIGTERM');
      return comes('the orderly end of an engine', exited);
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    [Symbol.asyncDispose]: kill,
  };
  return { engine, expectKill };
}
