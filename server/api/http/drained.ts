import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** A caller who takes nothing for so long is gone. */
const PATIENCE_MS = 30_000;

/** Until a response that is full has room, or is closed: at the latest when the caller's time is over. */
export async function drained(response: ServerResponse, patienceMs = PATIENCE_MS): Promise<void> {
  if (response.closed || response.destroyed) return;
  const over = new AbortController();
  const { signal } = over;
  const giveUp = setTimeout(() => response.destroy(), patienceMs);
  const first = [once(response, 'drain', { signal }), once(response, 'close', { signal })];
  try {
    // What goes wrong with it closes it as well.
    await Promise.race(first).catch(() => undefined);
  } finally {
    clearTimeout(giveUp);
    // A long stream is drained many times: nothing of this one stays behind.
    over.abort();
    await Promise.allSettled(first);
  }
}
