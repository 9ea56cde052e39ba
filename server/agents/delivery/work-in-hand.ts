import type { Broker, Delivery } from '#server/broker/port.ts';
import type { TaskId } from '#server/domain/ids.ts';
import { type AssignmentMessage, MESSAGE_VERSION } from '#server/domain/messages.ts';

/** One task of a delivery. The delivery is acknowledged when each of its tasks is somebody else's to remember. */
export interface Piece {
  task: AssignmentMessage;
  takenAt: number;
  delivery: Delivery;
  /** It has been accepted or answered, and the broker has that; or it was given back. */
  settle(): void;
}

export function piecesOf(delivery: Delivery, tasks: readonly AssignmentMessage[], now: number): Piece[] {
  let left = tasks.length;
  return tasks.map((task) => {
    let isSettled = false;
    return {
      task,
      takenAt: now,
      delivery,
      settle() {
        if (isSettled) return;
        isSettled = true;
        left -= 1;
        if (left === 0) delivery.ack();
      },
    };
  });
}

export const pieceKey = (taskId: TaskId, epoch: number): string => `${taskId} ${epoch}`;

/**
 * Puts tasks back into their queue as new messages, so that others find them there, and lets go of them once the broker
 * has them. Says which could not be given back.
 */
export async function giveBack(
  broker: Broker,
  pieces: readonly Piece[],
  newMessageId: () => string,
): Promise<Piece[]> {
  const groups = [
    ...Map.groupBy(pieces, ({ delivery }) => `${delivery.queue} ${delivery.priority}`).values(),
  ];
  const outcomes = await broker.publish(
    groups.map((group) => {
      const { queue, priority } = (group[0] as Piece).delivery;
      const body = JSON.stringify({ version: MESSAGE_VERSION, tasks: group.map((piece) => piece.task) });
      return { queue, priority, messageId: newMessageId(), body };
    }),
  );
  return groups.flatMap((group, at) => {
    if (outcomes[at] !== 'confirmed') return group;
    for (const piece of group) piece.settle();
    return [];
  });
}
