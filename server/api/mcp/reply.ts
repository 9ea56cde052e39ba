import type { ServerResponse } from 'node:http';
import { drained } from '../http/drained.ts';
import { beginStream, sendText } from './web.ts';

/** Answers one message: in one piece, or as a stream from the first thing on that is told before. */
export interface Reply {
  /** Resolves when there is room for more. */
  tell(message: object): Promise<void>;
  end(message: object, status?: number): Promise<void>;
}

/** Proxies cut lines on which nothing comes. */
const KEEP_ALIVE_MS = 15_000;

const eventOf = (message: object): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

export function createReply(to: ServerResponse): Reply {
  let beat: NodeJS.Timeout | undefined;

  function begin(): void {
    beginStream(to, { status: 200, contentType: 'text/event-stream' });
    beat = setInterval(() => to.write(': keepalive\n\n'), KEEP_ALIVE_MS);
    to.once('close', () => clearInterval(beat));
  }

  const isGone = () => to.destroyed || to.writableEnded;

  return {
    async tell(message) {
      if (isGone()) return;
      if (beat === undefined) begin();
      if (!to.write(eventOf(message))) await drained(to);
    },
    async end(message, status = 200) {
      if (isGone()) return;
      if (beat === undefined) return sendText(to, { status, text: JSON.stringify(message) });
      clearInterval(beat);
      to.end(eventOf(message));
    },
  };
}
