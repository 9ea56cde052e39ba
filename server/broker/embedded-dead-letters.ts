import type { StoredMessage } from './embedded-queue.ts';
import type { DeadLetter, IsMeant, QueueDepth } from './port.ts';
import { DEAD_LETTER_QUEUE } from './topology.ts';

export interface DeadLetterBox {
  bury(queue: string, message: StoredMessage, reason: string): void;
  list(limit: number, isMeant?: IsMeant): DeadLetter[];
  read(id: string, isMeant?: IsMeant): DeadLetter | undefined;
  deadBefore(which: { limit: number; before: number }, isMeant?: IsMeant): DeadLetter[];
  remove(id: string, isMeant?: IsMeant): DeadLetter | undefined;
  putBack(letter: DeadLetter): void;
  depth(): QueueDepth;
}

export interface DeadLetterBoxOptions {
  now: () => number;
  randomId: () => string;
  max: number;
  onOverflow: (message: string) => void;
}

export function makeDeadLetterBox({ now, randomId, max, onOverflow }: DeadLetterBoxOptions): DeadLetterBox {
  const letters: DeadLetter[] = [];
  const find = (id: string, isMeant?: IsMeant): number =>
    letters.findIndex((letter) => letter.id === id && (isMeant?.(letter.queue) ?? true));
  return {
    bury(queue, message, reason) {
      const { messageId, body, headers, priority, redeliveries } = message;
      letters.push({
        id: randomId(),
        messageId,
        queue,
        reason,
        deadAt: now(),
        redeliveries,
        priority,
        body,
        headers,
      });
      if (letters.length <= max) return;
      letters.shift();
      onOverflow(`There are more than ${max} dead letters: the oldest was dropped.`);
    },
    list: (limit, isMeant) =>
      (isMeant ? letters.filter(({ queue }) => isMeant(queue)) : letters).slice(0, limit),
    read: (id, isMeant) => letters[find(id, isMeant)],
    deadBefore: ({ limit, before }, isMeant) =>
      letters
        .filter(({ queue, deadAt }) => (deadAt ?? 0) < before && (isMeant?.(queue) ?? true))
        .slice(0, limit),
    remove(id, isMeant) {
      const index = find(id, isMeant);
      return index === -1 ? undefined : letters.splice(index, 1)[0];
    },
    putBack(letter) {
      letters.unshift(letter);
    },
    depth() {
      const deadAt = letters[0]?.deadAt ?? null;
      const oldestAgeMs = deadAt === null ? null : now() - deadAt;
      return {
        ...{ queue: DEAD_LETTER_QUEUE, messages: letters.length, consumers: 0, oldestAgeMs, unacked: 0 },
        traffic: { published: 0, delivered: 0, returned: 0 },
      };
    },
  };
}
