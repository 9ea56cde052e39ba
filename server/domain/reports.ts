import type { AgentRegistration } from './agent-registration.ts';
import type { Outcome } from './engine/happenings.ts';
import type { AgentId, OrgId, TaskId } from './ids.ts';
import type { AgentBeat, AgentOrder, AssignmentMessage, Report } from './messages.ts';

/** Who reports: known to be who it says it is. */
export interface Reporter {
  agentId: AgentId;
  orgId: OrgId;
}

/** Whether it is the last that has registered under its name. */
export interface Admitted extends Reporter {
  isCurrent: boolean;
}

/**
 * Reports of work that goes on. Of a process that another has replaced they count no more, so that it keeps nothing. How its
 * hand-outs have ended does: it may have said so before it was replaced, and messages overtake each other. The epoch decides.
 */
const GOING_ON: ReadonlySet<Report['type']> = new Set(['accepted', 'beat']);
export const isGoingOn = ({ type }: Report): boolean => GOING_ON.has(type);

/**
 * What the one who reported is told. `stop`: heard, and the work is no longer wanted. `stale`: it changed nothing, since
 * the task has ended or gone to the hand-out `epoch`; `isOthers` says that this very hand-out is another agent's. `unknown`: the tenant has no such task.
 */
export type ReportAnswer =
  | { status: 'ok'; leaseUntil?: number }
  | { status: 'stop'; reason: string }
  | { status: 'stale'; epoch: number | null; reason: string; isOthers?: true }
  | { status: 'unknown'; reason: string };

/** Where everything goes that agents say, whatever way it came. */
export interface ReportSink {
  /**
   * One answer for each report, in order, once all that they say is durable. With a message id, the same message again
   * changes nothing. Rejects when that could not be had: report again.
   */
  report(from: Reporter, reports: readonly Report[], messageId?: string): Promise<ReportAnswer[]>;
  /** The short way for an agent in this process. */
  result(from: Reporter, answer: { taskId: TaskId; epoch: number; outcome: Outcome }): Promise<ReportAnswer>;
  /** Asks for the lease of a queued task; null when it is not to be had any more. */
  accept(from: Reporter, assignment: AssignmentMessage): Promise<{ leaseUntil: number | null } | null>;
  /** Keeps an answer that does not count, for people to see. */
  keepLate(agentId: AgentId, reports: readonly Report[], reason: string): Promise<void>;
}

/** What an agent process is told of itself when it shows a sign of life. */
export interface AgentOrders {
  order: AgentOrder;
  generation: number;
  /** No more than so many tasks at once. */
  max?: number;
  reason?: string;
}

/** Who may come in and what they are told: the registry, as those see it who take messages from agents. */
export interface AgentDesk {
  /** Null: it was taken off the list. */
  admit(agentId: AgentId, generation: number | undefined): Promise<Admitted | null>;
  beat(agentId: AgentId, generation: number | undefined, beat: AgentBeat): Promise<AgentOrders>;
  welcome(registration: AgentRegistration): Promise<Welcome>;
}

export type Welcome =
  | { agentId: AgentId; generation: number; beatEveryMs: number; queues: string[] }
  /** Why not. */
  | { refused: string };
