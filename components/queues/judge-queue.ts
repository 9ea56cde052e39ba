import type { QueueState } from '../looks/index.ts';

/** So long the first in line may wait while there is somebody who takes. */
const SLOW_MS = 60_000;

export interface Judged {
  messages: number;
  consumers: number;
  unacked: number;
  oldest_age_ms: number | null;
  delivered_per_minute: number;
}

export function judgeQueue(queue: Judged): QueueState {
  if (queue.messages === 0) return queue.unacked > 0 || queue.delivered_per_minute > 0 ? 'flowing' : 'empty';
  // Agents that ask over HTTP consume only while they ask: what was delivered of late shows that somebody does.
  if (queue.consumers === 0 && queue.delivered_per_minute === 0) return 'stuck';
  return (queue.oldest_age_ms ?? 0) > SLOW_MS ? 'slow' : 'flowing';
}
