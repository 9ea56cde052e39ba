/**
 * Agents for Signalbox, and a typed client of its API. What travels has the names that it has on the wire
 * (snake_case), here, in Python, in curl and in the database alike; functions and their options are camelCase.
 */

import type { Client as ApiClient, ClientOptions } from './client.d.mts';
import type { Connection, ErrorClass, JsonObject, LogLevel, ObjectRef, Payload } from './wire.d.mts';
import type { Workspace, WorkspaceOptions } from './workspace.d.mts';

export type * from './bodies.d.mts';
export type * from './client.d.mts';
export type * from './wire.d.mts';
export type * from './workspace.d.mts';

/**
 * The server's codes (INVALID, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, CONFLICT, STALE_EPOCH, TOO_LARGE, LIMITED,
 * UNAVAILABLE, INTERNAL), UNREACHABLE and TIMEOUT when there was no answer, and HTTP_<status> for one that is not its own.
 */
export class SignalboxError extends Error {
  readonly code: string;
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
  /** What to do. */
  readonly advice: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** The whole answer, as the server gave it. */
  readonly details: JsonObject;
  /** False: the server has certainly not seen the request. */
  readonly wasSent: boolean;
}

/** Thrown by a handler. Whatever else it throws counts as class `agent`, code `AGENT_ERROR`. A class that there is not is a TypeError. */
export class TaskFailure extends Error {
  constructor(
    message: string,
    more?: { class?: ErrorClass; code?: string; details?: JsonObject; cause?: unknown },
  );
  readonly class: ErrorClass;
  readonly code: string;
  readonly details: JsonObject | undefined;
}

/** One hand-out of a task, with what a handler may do while it works on it. Its functions need no `this`. */
export interface Task<Input = Payload> {
  readonly task_id: string;
  readonly run_id: string;
  /** The number of the hand-out. */
  readonly epoch: number;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly stage: string;
  readonly capability: string;
  readonly config: JsonObject;
  readonly input: Input;
  readonly parameters: JsonObject;
  /** The same over all attempts: give it to whatever has effects outside, so that they happen once. */
  readonly effectKey: string;
  /** Fires when the run is cancelled, the attempt has timed out, or somebody else has the task. */
  readonly signal: AbortSignal;
  /** The same, and true even while a busy loop lets no event through. */
  readonly cancelled: boolean;
  /** 0 to 1. */
  progress(fraction: number, note?: string): void;
  log(level: LogLevel, message: string, fields?: JsonObject): void;
  /** A piece of output that is shown before the end, such as streamed text. */
  partial(chunk: string): void;
  /** Files shared with the other agents of the run. */
  readonly workspace: Workspace;
  /** The bytes of a file that another agent has put into the input. */
  object(ref: ObjectRef): Promise<Uint8Array>;
  /** Keeps a file; put what it answers with into the output. */
  upload(content: Uint8Array | string, about?: { name?: string; contentType?: string }): Promise<ObjectRef>;
}

/** What it returns is the output: anything that can be JSON. */
export type Handler = (task: Task) => unknown;

export interface AgentOptions extends Connection {
  name: string;
  /** One for each capability that the agent offers. */
  handlers: Readonly<Record<string, Handler>>;
  /** Tasks at once; 1 unless said otherwise. */
  maxConcurrency?: number;
  /** The same name may run many times, each under an instance of its own. Left out: the machine's name. */
  instance?: string;
  type?: string;
  version?: string;
  labels?: readonly string[];
  resources?: JsonObject;
  /** How often it says that it lives, and so how soon it hears that a task is no longer wanted; 2 s. */
  beatMs?: number;
  /** How long work may go on once the agent is to leave; what is not done by then is given back. 25 s. */
  drainMs?: number;
  /** Told of whatever goes wrong and is dealt with; left out: standard error. */
  onTrouble?: (message: string) => void;
}

/** `replaced`: another process has registered as this agent, or it was taken off the list. */
export interface AgentEnd {
  why: 'drained' | 'stopped' | 'replaced' | 'failed';
  message: string;
}

export interface Agent {
  readonly id: string;
  readonly working: number;
  /** Takes nothing new, finishes or gives back what it has, and ends. */
  drain(options?: { withinMs?: number }): Promise<AgentEnd>;
  /** Ends at once: what it has comes to others when its lease ends. */
  stop(): Promise<AgentEnd>;
  readonly ended: Promise<AgentEnd>;
}

/** Resolves once the agent is registered; rejects when it is refused. Waits for a server that is not there yet. */
export function startAgent(options: AgentOptions): Promise<Agent>;

/**
 * A program that is an agent: also drains on SIGTERM and SIGINT (at once on the second), and turns stray errors of
 * handlers into failed attempts. Resolves when the agent has ended.
 */
export function runAgent(options: AgentOptions): Promise<AgentEnd>;

export interface Client extends ApiClient {
  /** The files that those who work on a run share, by its id or that of any of its tasks. */
  workspace(taskId: string, options?: WorkspaceOptions): Workspace;
}

export function createClient(options?: ClientOptions): Client;
