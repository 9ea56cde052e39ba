import type { Offer, Placement } from './engine/happenings.ts';
import type { RunState } from './engine/state.ts';
import type { AgentId, OrgId, RunId, TaskId } from './ids.ts';
import type { Json, JsonObject } from './json.ts';

/** What an agent is handed: one attempt of one task. */
export interface Assignment {
  taskId: TaskId;
  runId: RunId;
  /** Fencing number: every answer carries it back, and an old one changes nothing. */
  epoch: number;
  attempt: number;
  stageKey: string;
  capability: string;
  config: JsonObject;
  input: Json;
  parameters: JsonObject;
  /** A sign of life must come within this long; left out: within the default lease. */
  beatWithinMs?: number;
}

/** A hand-out that has been committed, on its way to the agent that holds its lease. */
export interface HandOut extends Assignment {
  agent: AgentId;
  leaseUntil: number;
  stopBy: number;
}

/**
 * What the engine needs of the world of agents. `place` is asked while a batch is being decided and reserves room at
 * once; every reservation ends with `settled`: the agent answered, the task was taken from it, or the batch was not
 * committed.
 */
export interface Hands {
  place(run: RunState, offer: Offer): Placement;
  /** Some agent that may take the task, and takes new work, looks into this queue. */
  serves(run: RunState, task: number, queue: string): boolean;
  settled(taskId: TaskId, agent: AgentId): void;
  /** It lies in no queue any more, and nobody has accepted it from there. */
  unqueued(taskId: TaskId): void;
  deliver(handOut: HandOut): void;
  /** The agent shall stop: its lease is gone, or its run is being cancelled. */
  stop(order: StopOrder): void;
  /** How many more tasks of the tenant with this capability could start right now. */
  room(orgId: OrgId, capability: string): number;
  /** The agent's room is shared with other processes: a hand-out takes a seat, and whoever ends it sets the seat free. */
  hasSeats(agent: AgentId): boolean;
  /** A commit was refused for a seat that was not free: looks again who sits where. */
  freshen(): Promise<void>;
  /** Where room has come free since this was last asked, each as `agentSource` names it. */
  takeFreed(): Iterable<string>;
}

/** What a task waits for that finds no room: agents of its tenant with its capability. Nobody works for strangers. */
export const agentSource = (orgId: OrgId, capability: string): string => `${orgId} ${capability}`;

export interface StopOrder {
  taskId: TaskId;
  epoch: number;
  agent: AgentId;
  reason: string;
}
