import type { MessageHeaders, Priority } from './port.ts';

export interface StoredMessage {
  /** Order of arrival; a returned message takes its old place by it. */
  sequence: number;
  messageId: string;
  body: Uint8Array;
  headers: MessageHeaders;
  priority: Priority;
  publishedAt: number;
  redeliveries: number;
}

/** An array with a moving head: taking from the front costs nothing, and the dead part is cut off now and then. */
interface Lane {
  items: StoredMessage[];
  head: number;
}

const COMPACT_AFTER = 1024;

export interface MessageQueue {
  size(): number;
  push(message: StoredMessage): void;
  /** Puts messages back where they stood before they were taken. */
  putBack(messages: readonly StoredMessage[]): void;
  take(): StoredMessage | undefined;
  peek(): StoredMessage | undefined;
  clear(): number;
}

/** Three lanes, one a priority; within a lane first in, first out. */
export function makeMessageQueue(): MessageQueue {
  const lanes: Record<Priority, Lane> = { high: newLane(), medium: newLane(), low: newLane() };
  const inOrder = [lanes.high, lanes.medium, lanes.low];
  let count = 0;

  const firstLane = (): Lane | undefined => inOrder.find((lane) => lane.head < lane.items.length);

  return {
    size: () => count,
    push(message) {
      lanes[message.priority].items.push(message);
      count++;
    },
    putBack(messages) {
      for (const priority of ['high', 'medium', 'low'] as const) {
        const returned = messages.filter((message) => message.priority === priority);
        if (returned.length === 0) continue;
        const lane = lanes[priority];
        lane.items = [...returned, ...lane.items.slice(lane.head)].sort((a, b) => a.sequence - b.sequence);
        lane.head = 0;
        count += returned.length;
      }
    },
    take() {
      const lane = firstLane();
      if (!lane) return undefined;
      const message = lane.items[lane.head++];
      count--;
      if (lane.head >= COMPACT_AFTER && lane.head * 2 >= lane.items.length) {
        lane.items = lane.items.slice(lane.head);
        lane.head = 0;
      }
      return message;
    },
    peek() {
      const lane = firstLane();
      return lane?.items[lane.head];
    },
    clear() {
      const dropped = count;
      for (const lane of inOrder) Object.assign(lane, newLane());
      count = 0;
      return dropped;
    },
  };
}

function newLane(): Lane {
  return { items: [], head: 0 };
}
