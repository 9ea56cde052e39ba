import type { RunId } from '#server/domain/ids.ts';
import type { Backlog, BacklogReason } from './backlog.ts';

/** Offers to tasks that wait: as many as there is room, counting those that are not decided on yet. */
export interface Offers {
  /** Room may have come free there. */
  next(source: string): void;
  /** An offer was decided on; `line`: where the task waits now, null if nowhere. */
  decided(runId: RunId, task: number, line: string | null): void;
  /** After a commit: room that its offers did not take, since nobody needed it any more, is offered to the next. */
  refill(): void;
}

export interface OffersOptions {
  backlog: Pick<Backlog, 'waitingFor' | 'take'>;
  /** `onLost`: it never comes to a decision. */
  submit(runId: RunId, task: number, onLost: () => void): void;
}

export function createOffers({ backlog, submit }: OffersOptions): Offers {
  const offered = new Map<string, BacklogReason>();
  /** By line: what was offered and not decided on. A task that is offered in vain loses its turn. */
  const open = new Map<string, number>();
  /** Lines whose offers a commit has decided on, without sending anybody back. */
  const served = new Map<string, BacklogReason>();
  const refused = new Set<string>();

  const keyOf = (runId: RunId, task: number): string => `${runId} ${task}`;

  function offerLine(reason: BacklogReason): void {
    const room = reason.room() - (open.get(reason.id) ?? 0);
    if (room <= 0) return;
    for (const { runId, task } of backlog.take(reason.id, room)) {
      offered.set(keyOf(runId, task), reason);
      open.set(reason.id, (open.get(reason.id) ?? 0) + 1);
      submit(runId, task, () => {
        decided(runId, task, null);
        refill();
      });
    }
  }

  function decided(runId: RunId, task: number, line: string | null): void {
    const reason = offered.get(keyOf(runId, task));
    if (!reason) return;
    offered.delete(keyOf(runId, task));
    const left = (open.get(reason.id) ?? 1) - 1;
    if (left > 0) open.set(reason.id, left);
    else open.delete(reason.id);
    // There was no room of its kind, whatever the line says; else it would be offered again and again.
    if (line === reason.id) refused.add(reason.id);
    else served.set(reason.id, reason);
  }

  function refill(): void {
    const lines = [...served.values()].filter(({ id }) => !refused.has(id));
    served.clear();
    refused.clear();
    for (const line of lines) offerLine(line);
  }

  return {
    next: (source) => backlog.waitingFor(source).forEach(offerLine),
    decided,
    refill,
  };
}
