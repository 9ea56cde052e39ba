import type { AgentId, RunId, TaskId } from '../ids.ts';
import type { Json } from '../json.ts';
import type { Routing, TaskError, Wait } from './events.ts';
import type { LargeValues } from './large-values.ts';

/** How an attempt ended, in the words of the agent that held it. */
export type Outcome =
  | { status: 'succeeded'; output: Json }
  | { status: 'failed'; error: TaskError }
  | { status: 'cancelled' };

/** Everything that can happen to a run. Doors, agents and clocks speak to the engine in these words only. */
export type Happening =
  /** `only`: whatever else is not reused is left out. */
  | { type: 'start'; reuse?: { task: number; from: RunId; output: Json }[]; only?: number }
  | { type: 'result'; task: number; epoch: number; agent: AgentId | null; outcome: Outcome }
  /** An agent took a queued task and asks for its lease. */
  | { type: 'accept'; task: number; epoch: number; agent: AgentId }
  | { type: 'beat'; task: number; epoch: number; agent: AgentId; progress?: number; note?: string }
  /**
   * People are asked before the attempt goes on (`wait`), or it goes on (null). It may take so much longer than its stage
   * allows; less, where they were quicker than they might.
   */
  | { type: 'stand-by'; task: number; epoch: number; wait: Wait | null; moreMs: number }
  /** An agent gives a task back unfinished, at no charge: it drains, or refuses. */
  | { type: 'release'; task: number; epoch: number; agent: AgentId }
  /** Somebody looks for it where it does not lie: its message is in the memory of another process, or gone. */
  | { type: 'send-again'; task: number; epoch: number }
  /** Room may have come free for a task that waits. */
  | { type: 'offer'; task: number }
  /**
   * Time has passed. `emptyQueues`: queues that hold no message, so one that was sent must be gone. `gone`: agents whose
   * process has been replaced, so what they held nobody holds. `full`: look at every task, due or not. `unheard`: nobody
   * may have listened until now, so a lease that ended meanwhile says nothing of the agent that held it.
   */
  | {
      type: 'tick';
      emptyQueues?: ReadonlySet<string>;
      gone?: ReadonlySet<AgentId>;
      full?: boolean;
      unheard?: boolean;
    }
  | { type: 'pause' }
  | { type: 'resume' }
  | { type: 'cancel'; graceMs: number }
  /** `attempt`: the one that is to be followed, as the caller saw it; left out: whichever was the last. */
  | { type: 'retry-now'; task: number; attempt?: number };

/** What an agent may count on: its lease, and whether it shall stop. */
export interface Grant {
  epoch: number;
  leaseUntil: number | null;
  stop: boolean;
}

/** What the one who reported it is told. */
export type Reply =
  | { ok: true; task?: Grant }
  /** Already so: the same message came before. */
  | { ok: true; repeated: true; task?: Grant }
  | {
      ok: false;
      /**
       * `NO_RUN`: there is none for whoever says it, be it that it is another tenant's. `HELD_BY_ANOTHER`: this very
       * hand-out is another agent's, which no delay explains.
       */
      code: 'STALE_EPOCH' | 'NOT_HELD' | 'HELD_BY_ANOTHER' | 'RUN_OVER' | 'NOT_ALLOWED' | 'NO_RUN';
      message: string;
    };

/** A task that could start, as the placement sees it. */
export interface Offer {
  task: number;
  taskId: TaskId;
  waitsSince: number;
  attempt: number;
  /** Held it before and vanished; another agent is better. */
  lastAgent: AgentId | null;
  /** It lies in a queue already, of which nobody takes it: what it has one of while it is out, it has. */
  isOut?: true;
}

/** The placement's answer. */
export type Placement =
  /** `seat`: its place with an agent that several processes give work to. */
  | { kind: 'start'; agent: AgentId; leaseMs?: number; routing?: Routing; seat?: number }
  /** `agent`: the only one that looks into the queue. */
  | { kind: 'queue'; queue: string; agent?: AgentId; routing?: Routing }
  | { kind: 'wait'; wait: Wait };

export interface DecideContext {
  /** Milliseconds of the database's clock. */
  now: number;
  place(offer: Offer): Placement;
  /** Some agent that may take the task, and takes new work, looks into this queue. */
  isServed(task: number, queue: string): boolean;
  /** A placement that was made is not used after all (the input could not be built). */
  unplace(task: number): void;
  /** 0 to 1, for jitter. */
  random(): number;
  defaults: EngineDefaults;
  /** Left out where nothing can be large. */
  values?: LargeValues | undefined;
}

export interface EngineDefaults {
  leaseMs: number;
  taskTimeoutMs: number;
  /** Attempts that end without an answer before the task counts as poison. */
  maxLosses: number;
  /** A queued message is looked for again after this long. */
  redeliverMs: number;
}

/** How long a message is left on its way before somebody who looks for it in vain may have it sent to him. */
export const ON_ITS_WAY_MS = 1000;

export const ENGINE_DEFAULTS: EngineDefaults = {
  leaseMs: 30_000,
  taskTimeoutMs: 3_600_000,
  maxLosses: 3,
  redeliverMs: 60_000,
};
