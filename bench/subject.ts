import type { ProcessMemory } from './memory.ts';
import type { Asked, Load } from './signalbox/api-messages.ts';
import type { Payload, Workload } from './workload.ts';

/** A server that the harness starts privately and fresh for one subject, and stops after it. */
export type ServiceNeed =
  | { kind: 'postgres' }
  | { kind: 'redis'; persistence: RedisPersistence }
  | { kind: 'rabbitmq' };

export type RedisPersistence = 'none' | 'everysec' | 'always';

/** Each is set when the definition asks for the service, absent otherwise. */
export interface ServiceUrls {
  databaseUrl?: string;
  redisUrl?: string;
  amqpUrl?: string;
  /** A folder for this alone, on a real disk; the harness deletes it. */
  dataDir: string;
}

export interface SubjectEnv extends ServiceUrls {
  /** The stage bodies. Every stage of every run must go through it exactly once. */
  work: Workload;
}

/**
 * One engine with its workers. The harness does all timing and all checking, so a subject only moves
 * payloads: the output of one stage is the input of the next, and what comes back is what the engine
 * really delivered. There is no separate call for hop and start latency: they are `runChains` with one
 * run, seen from outside.
 */
export interface Subject {
  /** Resolves once a run submitted now would start at once: connected, migrated, workers listening. */
  start(): Promise<void>;
  /**
   * Submits all runs as fast as is best for the engine, and resolves with each run's final output, in
   * the order of the inputs, after the engine has told that all are complete.
   * A run is `stages` stages in a row, each a call of `work.perform`.
   */
  runChains(inputs: readonly Payload[], stages: number): Promise<Payload[]>;
  /** One run: `work.perform`, then `width` x `work.performItem` on its output, then `work.performJoin` over all. */
  fanOut(input: Payload, width: number): Promise<Payload>;
  /** Present when the engine tells live events to clients. */
  live?: LiveSide;
  /** Adds what a second process has executed; called after each lap, outside its time. */
  gather?(): Promise<void>;
  /** Memory of a second process. */
  readOtherMemory?(): Promise<ProcessMemory>;
  /** Age of the oldest message that waits in a queue of the engine's; 0 when none does. */
  readQueueAgeMs?(): Promise<number>;
  /** For an engine whose database is full: the same engine on an empty one of the same server, started. */
  startBeside?(): Promise<Subject>;
  /** For the bench `api`: doors over HTTP, and clients in a process of their own. */
  openApi?(): Promise<ApiSide>;
  /** Housekeeping that the engine's users would have running, done between benches and never timed. */
  settle?(): Promise<void>;
  /** Stops workers and connections. Afterwards the process must be able to end by itself. */
  stop(): Promise<void>;
}

/** What the `live` bench needs beside runs. */
export interface LiveSide {
  /** Whether the engine tells anybody what has moved: off only to see what it costs. */
  announce(isOn: boolean): void;
  /** So many clients, in a process of their own, that all listen to what `probe` starts. */
  listen(clients: number): Promise<Listeners>;
  /** Starts one run that all listen to, and resolves when it is over. */
  probe(): Promise<void>;
}

/** What the `api` bench asks of doors. */
export interface ApiSide {
  reads: readonly Asked[];
  /** Starts a run. */
  submit: Asked;
  /** One call at a time, all kinds by turns: milliseconds of each. */
  time(asked: readonly Asked[], each: number): Promise<number[][]>;
  /** So many at once, again and again. */
  load(mix: readonly Asked[], forMs: number, connections: number): Promise<Load>;
  /** Time on a core that the server's process and Postgres have used since their start. */
  cpuMs(): Promise<{ process: number; database: number }>;
  stop(): Promise<void>;
}

export interface Listeners {
  /** From when an event was decided until a client had it, in ms: of every event at every client since the last call. */
  takeDelays(): Promise<number[]>;
  stop(): Promise<void>;
}

export interface SubjectDefinition {
  name: string;
  /** How the engine is set up, in one line: printed with every result. */
  setting: string;
  /** What survives a power cut at the moment a result is reported, in one line. */
  durability: string;
  services: readonly ServiceNeed[];
  /** Left out unless it is named: it needs much time or disk. */
  onlyOnRequest?: boolean;
  /** The benches that it has; left out: all. */
  only?: readonly string[];
  /** npm packages whose versions belong beside the results. */
  packages: readonly string[];
  /** Another subject that this one is a variant of: the report compares the two. */
  variantOf?: string;
  /** Fills the fresh servers, once and before anything is timed. */
  prepare?(urls: ServiceUrls, size: { historyRuns: number }): Promise<void>;
  /**
   * Makes the subject. Import the engine in here, not at the top of the file: the harness reads every
   * definition to list them, and start-up time has to include loading the engine.
   */
  create(env: SubjectEnv): Promise<Subject>;
}

/** What a file in `bench/subjects/` or `bench/peers/` exports. */
export interface SubjectModule {
  subjects: readonly SubjectDefinition[];
}
