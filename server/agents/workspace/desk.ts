import {
  chargeWorkspace,
  type Entered,
  enterWorkspace,
  type Place,
  type Writer,
} from '#db/queries/workspace-enter.ts';
import { type DoorDatabase, inTenant, type TenantTransaction } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { type Conflict, describeConflict, toWords } from '#server/domain/workspace/conflict.ts';
import { ENTRY_BYTES, type WorkspaceLimits } from '#server/domain/workspace/limits.ts';
import type { Contents } from './contents.ts';

/** What the parts of the workspaces work with. */
export interface Desk {
  db: DoorDatabase;
  contents: Contents;
  limits: WorkspaceLimits;
  newUuid(): string;
  /** Something has changed in it. */
  onChange(place: Place): void;
  watch: ChangeWatch;
  now(): number;
}

export interface ChangeWatch {
  /** A change, made or refused: how long it took in all, and until it had the workspace for itself. */
  changed(change: { isConflict: boolean; ms: number; waitedMs: number }): void;
}

/**
 * A change, as one transaction that holds the workspace. Refused once the run is over: what a run has left stays as it
 * was, and a replay finds it so.
 */
export async function change<Result>(
  desk: Desk,
  { place, writer }: { place: Place; writer: Writer },
  work: (tx: TenantTransaction, entered: Entered) => Promise<Result>,
): Promise<Result> {
  const begunAt = desk.now();
  let enteredAt = begunAt;
  const note = (isConflict: boolean) =>
    desk.watch.changed({ isConflict, ms: desk.now() - begunAt, waitedMs: enteredAt - begunAt });
  const making = inTenant(desk.db, place.orgId, async (tx) => {
    const entered = await enterWorkspace(tx, place, writer);
    enteredAt = desk.now();
    if (!entered) throw notFound('run', place.runId);
    if (isRunOver(entered.status)) throw runIsOver();
    if (!entered.isHandAlive) throw handIsGone(writer);
    return work(tx, entered);
  });
  const result = await making.catch((error: unknown) => {
    note(conflictOf(error) !== null);
    throw error;
  });
  note(false);
  desk.onChange(place);
  return result;
}

/** Room for an entry with so much in it. */
export async function charge(
  desk: Desk,
  tx: TenantTransaction,
  { place, bytes }: { place: Place; bytes: number },
): Promise<void> {
  const { maxBytes } = desk.limits;
  if (!(await chargeWorkspace(tx, place, { bytes: bytes + ENTRY_BYTES, maxBytes })))
    throw isFull(desk.limits);
}

export function conflictError(conflict: Conflict): SignalboxError {
  const { message, advice } = describeConflict(conflict);
  const details = { conflict: toWords(conflict) };
  return new SignalboxError('CONFLICT', message, { advice, details, cause: conflict });
}

/** What a refused change was refused for; null for any other error. */
export function conflictOf(error: unknown): Conflict | null {
  if (!(error instanceof SignalboxError) || error.code !== 'CONFLICT') return null;
  return (error.cause as Conflict | undefined) ?? null;
}

export function isFull({ maxBytes, maxFiles }: WorkspaceLimits): SignalboxError {
  return new SignalboxError(
    'TOO_LARGE',
    `The workspace is full: it may hold ${maxFiles} files, and ${maxBytes} bytes with all versions, steps and messages.`,
    {
      advice:
        'Go on in another run, or raise SIGNALBOX_WORKSPACE_MAX_BYTES or SIGNALBOX_WORKSPACE_MAX_FILES.',
      details: { maxBytes, maxFiles },
    },
  );
}

function runIsOver(): SignalboxError {
  return new SignalboxError('CONFLICT', 'The run is over, so its workspace changes no more.', {
    advice: 'Replay the run from a stage: the new run begins with the files as they stood before that stage.',
  });
}

function handIsGone({ name, hand }: Writer): SignalboxError {
  return new SignalboxError(
    'STALE_EPOCH',
    `${name} does not hold the stage ${hand?.stageKey ?? ''} any more (hand-out ${hand?.epoch ?? 0}), so nothing was changed.`,
    { advice: 'Stop: the task has gone to another hand-out, or is over.' },
  );
}
