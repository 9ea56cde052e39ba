import { z } from 'zod';
import type { RunEvent } from './engine/events.ts';
import { type AgentId, idSchema, type PipelineId, type RunId } from './ids.ts';
import type { AgentState } from './routing.ts';
import type { ProgressFigures } from './run-progress.ts';
import type { RunStatus } from './statuses.ts';

/** Live events: what can be asked for, and what is told. The doors say the same in their own words. */

export const LIVE_LIMITS = {
  /** Of one request. */
  targets: 500,
  /** Runs, pipelines and agents that one connection may have asked for at once. */
  subscriptions: 2000,
  /** Runs that a resuming client may name with the last number it saw. */
  seen: 1000,
  /** Characters of a resume point. */
  resume: 4096,
} as const;

const seq = z.int().min(0).max(2_147_483_647);
const resume = {
  /** The last resume point that the client was told: what came after it is sent first. */
  resume: z.string().min(1).max(LIVE_LIMITS.resume).optional(),
  /** By run the last number seen since that resume point, so that nothing comes twice. */
  seen: z
    .record(idSchema('run'), seq)
    .refine((given) => Object.keys(given).length <= LIVE_LIMITS.seen, `at most ${LIVE_LIMITS.seen} runs`)
    .optional(),
};

export const liveTargetSchema = z.union([
  /** Without `after`: how it stands now, and what comes. With it: everything after that number. */
  z.strictObject({ run_id: idSchema('run'), after: seq.optional() }),
  z.strictObject({ pipeline_id: idSchema('pipe'), ...resume }),
  z.strictObject({ agent_id: idSchema('agent') }),
  z.strictObject({ agents: z.literal(true) }),
  z.strictObject({ everything: z.literal(true), ...resume }),
]);
export type LiveTarget = z.output<typeof liveTargetSchema>;

export const liveTargetsSchema = z.array(liveTargetSchema).max(LIVE_LIMITS.targets);

/** One entry of a run's sequence, with its number. */
export interface LiveEvent {
  seq: number;
  /** Milliseconds of the database's clock. */
  at: number;
  event: RunEvent;
}

/** Some consecutive events of one run, and how it stands after them or later: never before. */
export interface RunNews {
  runId: RunId;
  pipelineId: PipelineId | null;
  status: RunStatus;
  /** It has ended, and these are its last events. */
  isOver: boolean;
  /** Number of the last event that `progress` and `status` know of. */
  seq: number;
  progress: ProgressFigures;
  /** Empty in a snapshot. */
  events: readonly LiveEvent[];
}

export interface AgentNews {
  agentId: AgentId;
  name: string;
  state: AgentState;
  /** 0 to 1. */
  load: number;
  /** Milliseconds since 1970. */
  at: number;
}

/** What the server tells the panel over Socket.IO. */
export interface LiveToClient {
  run_news(news: readonly RunNews[]): void;
  agent_news(news: readonly AgentNews[]): void;
  /** Everything before has been told: send it with the next subscription after a cut. */
  resume_point(token: string): void;
  /** Something may be missing, with why; what follows says how things stand. */
  resync(reason: string): void;
  /** The last word before the connection is closed. Codes are those of `/ws`. */
  ended(why: { code: number; reason: string }): void;
}

export type LiveAnswer = { ok: true } | { ok: false; code: string; message: string; advice?: string };

/** What the panel asks of the server; targets are judged there. */
export interface LiveToServer {
  subscribe(targets: LiveTarget[], answer?: (answer: LiveAnswer) => void): void;
  unsubscribe(targets: LiveTarget[], answer?: (answer: LiveAnswer) => void): void;
}
