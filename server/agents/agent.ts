import type { ErrorClass } from '#server/domain/graph/schema.ts';
import type { Assignment } from '#server/domain/hands.ts';
import type { OrgId, RunId } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import type { PayloadRef } from '#server/domain/payload-ref.ts';

export type { Assignment } from '#server/domain/hands.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What the agent may do while it works. All of it is best effort but the returned output. */
export interface AssignmentContext {
  /** Fires when the run is cancelled, the attempt has timed out, or the lease is gone. */
  signal: AbortSignal;
  log(level: LogLevel, message: string, fields?: JsonObject): void;
  /** 0..1 */
  progress(fraction: number, note?: string): void;
  /** A piece of output shown before the end, such as streamed text. */
  partial(chunk: string): void;
  objects: ArtefactAccess;
  /** Whose task it is, for agents that take turns between tenants. */
  orgId?: OrgId;
}

export type ArtefactRef = PayloadRef;

/** The objects of the run that is worked for. */
export interface ArtefactAccess {
  put(content: Uint8Array, about: { contentType: string; name?: string }): Promise<ArtefactRef>;
  get(ref: ArtefactRef): Promise<Uint8Array>;
}

export type ArtefactsOfRun = (runId: RunId) => ArtefactAccess;

export type AgentHandler = (assignment: Assignment, context: AssignmentContext) => Promise<Json>;

/** How an agent says that it failed. Anything else that it throws counts as class `agent`, code `AGENT_ERROR`. */
export class AgentFailure extends Error {
  readonly errorClass: ErrorClass;
  readonly code: string;
  readonly details: JsonObject | undefined;

  // biome-ignore lint/complexity/useMaxParams: thrown in a hundred places, where it reads as one sentence.
  constructor(errorClass: ErrorClass, code: string, message: string, details?: JsonObject) {
    super(message);
    this.name = 'AgentFailure';
    this.errorClass = errorClass;
    this.code = code;
    this.details = details;
  }
}

export interface BuiltinAgent {
  name: string;
  version: string;
  capabilities: readonly string[];
  maxConcurrency: number;
  handle: AgentHandler;
}
