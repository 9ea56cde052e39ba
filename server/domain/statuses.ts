/**
 * Every status word and every allowed step between them. Nothing outside this file compares a status string:
 * ask one of the predicates, or add one.
 */
export const RUN_STATUSES = ['running', 'paused', 'cancelling', 'succeeded', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const TASK_STATUSES = [
  /** Waits for other stages; has no row yet. */
  'pending',
  /** Could start now, and says why it does not (see `WAIT_CODES`). */
  'ready',
  /** Handed to a queue that agents take from; nobody has taken it. */
  'queued',
  /** An agent holds the lease. */
  'running',
  /** An attempt that failed, or was given back once too often, is followed by another at a known time. */
  'retrying',
  'succeeded',
  'failed',
  'skipped',
  'cancelled',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Just what the engine can do: `evolve` refuses a step that is not here, and a test walks every one that is. */
const RUN_STEPS: Record<RunStatus, readonly RunStatus[]> = {
  running: ['paused', 'cancelling', 'succeeded', 'failed'],
  paused: ['running', 'cancelling', 'succeeded', 'failed'],
  cancelling: ['cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

const TASK_STEPS: Record<TaskStatus, readonly TaskStatus[]> = {
  pending: ['ready', 'queued', 'running', 'succeeded', 'failed', 'skipped', 'cancelled'],
  ready: ['queued', 'running', 'failed', 'cancelled'],
  queued: ['ready', 'running', 'retrying', 'succeeded', 'failed', 'cancelled'],
  running: ['ready', 'retrying', 'succeeded', 'failed', 'cancelled'],
  retrying: ['ready', 'queued', 'running', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  skipped: [],
  cancelled: [],
};

export const canRunStep = (from: RunStatus, to: RunStatus): boolean => RUN_STEPS[from].includes(to);
export const canTaskStep = (from: TaskStatus, to: TaskStatus): boolean => TASK_STEPS[from].includes(to);

export const isRunOver = (status: RunStatus): boolean => RUN_STEPS[status].length === 0;
export const isRunPaused = (status: RunStatus): boolean => status === 'paused';
export const isRunCancelling = (status: RunStatus): boolean => status === 'cancelling';
export const isRunSuccess = (status: RunStatus): boolean => status === 'succeeded';
/** Its end was a failure. */
export const isRunFailure = (status: RunStatus): boolean => status === 'failed';
export const isRunCancelled = (status: RunStatus): boolean => status === 'cancelled';
export const isRunActive = (status: RunStatus): boolean => status === 'running';

export const isTaskOver = (status: TaskStatus): boolean => TASK_STEPS[status].length === 0;
export const isTaskUntouched = (status: TaskStatus): boolean => status === 'pending';
/** Could be given to an agent now. */
export const isTaskReady = (status: TaskStatus): boolean => status === 'ready';
export const isTaskQueued = (status: TaskStatus): boolean => status === 'queued';
/** An agent holds its lease. */
export const isTaskHeld = (status: TaskStatus): boolean => status === 'running';
/** An answer from an agent can still count: it has been handed out and not decided. */
export const isTaskOut = (status: TaskStatus): boolean => status === 'queued' || status === 'running';
export const isTaskRetrying = (status: TaskStatus): boolean => status === 'retrying';
export const isTaskSuccess = (status: TaskStatus): boolean => status === 'succeeded';
export const isTaskFailure = (status: TaskStatus): boolean => status === 'failed';
export const isTaskCancelled = (status: TaskStatus): boolean => status === 'cancelled';
export const isTaskSkipped = (status: TaskStatus): boolean => status === 'skipped';

/** Why a task that could start does not. Each has a sentence in `waiting.ts`. */
export const WAIT_CODES = [
  'dependency',
  'no-agent',
  'agents-full',
  'concurrency-key',
  'paused',
  'retry-timer',
  'given-back',
  'quota',
  'queue',
  /** Of an attempt that was sent to an agent: it has not said yet that it takes it. */
  'unanswered',
  /** Of an attempt that is under way: people are to grant a call, or to answer what a server asks. */
  'approval',
  'question',
] as const;
export type WaitCode = (typeof WAIT_CODES)[number];
