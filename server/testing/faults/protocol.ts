import type { PausePoint } from '#server/coordinator/pause-points.ts';
import type { EngineDefaults, Happening, Reply } from '#server/domain/engine/happenings.ts';
import type { AgentId, RunId, VersionId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import type { AgentOrder, Report } from '#server/domain/messages.ts';
import type { ReportAnswer, Reporter } from '#server/domain/reports.ts';
import type { S3Options } from '#server/platform/object-store/s3.ts';

/** The nth time that the engine comes to the point is its last. */
export interface KillPoint {
  point: PausePoint;
  nth: number;
}

/** What an engine process is told when it is to begin. */
export interface BootOptions {
  url: string;
  /** Where the agents' outside service is reached; never through a faulty proxy. */
  serviceUrl: string;
  /** Kept from one process to the next: the same installation that starts again. */
  agentId: AgentId;
  /** Capabilities that its agents offer; left out: all scripted ones. */
  capabilities?: string[];
  maxConcurrency?: number;
  defaults?: Partial<EngineDefaults>;
  beatMs?: number;
  sweepMs?: number;
  lanes?: number;
  /** How long a statement may take; left out: as always. */
  statementMs?: number;
  /** Entries that one commit takes. */
  maxBatch?: number;
  /** With it agents are reached over RabbitMQ, under a prefix of the test's own; without it they are called. */
  rabbitmq?: { url: string; namespace: string };
  /** It has no agents of its own and knows those that are registered. With RabbitMQ it is always so. */
  hasFleet?: boolean;
  /** With it presence and progress are kept there, and processes hear each other; without it in the process. */
  redisUrl?: string;
  /** Where outputs of more than a kilobyte are kept; left out: all are kept with the run. Only with a fleet. */
  store?: S3Options;
  /** How often it looks by itself at what others have set free; left out: as always. */
  rereadMs?: number;
  /** False: a process without the coordinator's role. */
  coordinates?: boolean;
  maxConcurrentTasks?: number;
  /** From its first step on; an order that follows the boot comes when the engine has long been at work. */
  killAt?: KillPoint;
  /** How long an orderly end waits for work that is under way. */
  graceMs?: number;
}

export interface StartOrder {
  versionId: VersionId;
  input: Json;
  runId: RunId;
  idempotency?: { key: string; requestHash: string };
}

/** What can be asked of an engine process, with the answer's type. */
export type Orders = {
  boot: { ask: BootOptions; answer: null };
  start: { ask: StartOrder; answer: Reply };
  tell: { ask: { runId: RunId; happening: Happening }; answer: Reply };
  /** What an agent says over HTTP, at the door of this process. */
  report: { ask: { from: Reporter; reports: Report[] }; answer: ReportAnswer[] };
  /** The agents of these ids are gone for good, with all that they held. */
  adopt: { ask: { gone: string[] }; answer: null };
  /** Ends itself with SIGKILL when it comes to the point for the nth time from now on. */
  killAt: { ask: KillPoint; answer: null };
  /** Waits at the point from its nth time on; `held` is announced, `release` lets all go on. */
  holdAt: { ask: { point: PausePoint; nth: number }; answer: null };
  release: { ask: null; answer: null };
  /** Lets no sign of life out, as if its heart had stopped and its hands went on. */
  muteBeats: { ask: { yes: boolean }; answer: null };
  orderAgent: { ask: { agentId: AgentId; state: 'draining' | 'paused' | null }; answer: null };
  state: { ask: null; answer: EngineReport };
};

export interface EngineReport {
  load: { entries: number; waiting: number; publishing: number };
  working: number;
  memoryMb: number;
  troubles: string[];
}

export type OrderName = keyof Orders;
export type ToChild = {
  [Name in OrderName]: { id: number; order: Name; ask: Orders[Name]['ask'] };
}[OrderName];
export type FromChild =
  | { type: 'loaded' }
  | { type: 'held'; point: PausePoint }
  | { type: 'answer'; id: number; answer: unknown }
  | { type: 'refused'; id: number; message: string };

/** What an agent process is told when it is to begin. The same name is the same agent, wherever it runs. */
export interface AgentBoot {
  name: string;
  serviceUrl: string;
  rabbitmq: { url: string; namespace: string };
  capacity?: number;
}

export type AgentOrders = {
  boot: { ask: AgentBoot; answer: null };
  /** Takes nothing new; what is not done by then is released. Resolves when that has been said. */
  drain: { ask: { withinMs: number }; answer: AgentReport };
  state: { ask: null; answer: AgentReport };
};

export interface AgentReport {
  id: AgentId | null;
  working: number;
  order: AgentOrder;
  troubles: string[];
}

export type ToAgent = {
  [Name in keyof AgentOrders]: { id: number; order: Name; ask: AgentOrders[Name]['ask'] };
}[keyof AgentOrders];

/** What can be asked of a process with the whole program in it. */
export type DoorOrders = {
  boot: {
    ask: { settings: Record<string, string>; maxBodyBytes: number };
    answer: { origin: string; secret: string; databaseUrl: string };
  };
  /** Megabytes in use when all garbage has been collected. */
  memory: { ask: null; answer: number };
  stop: { ask: null; answer: null };
};

export type ToDoor = {
  [Name in keyof DoorOrders]: { id: number; order: Name; ask: DoorOrders[Name]['ask'] };
}[keyof DoorOrders];
