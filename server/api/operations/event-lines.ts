import type { ServerResponse } from 'node:http';

/** Server-sent events on a response. */
export interface EventLines {
  write(text: string): void;
  /** The last of them. What a slow reader has not taken yet still goes out, which may take long. */
  end(text: string): void;
  close(): void;
}

const KEEP_ALIVE_MS = 15_000;

/** Nothing is written once it has ended: not by the timer either, for which the end and the close of the line are far apart. */
export function openEventLines(response: ServerResponse, keepAliveMs = KEEP_ALIVE_MS): EventLines {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  response.write('retry: 1000\n\n');
  const lines: EventLines = {
    write(text) {
      if (!response.writableEnded) response.write(text);
    },
    end(text) {
      lines.close();
      if (!response.writableEnded) response.end(text);
    },
    close: () => clearInterval(keepAlive),
  };
  const keepAlive = setInterval(() => lines.write(': still here\n\n'), keepAliveMs);
  return lines;
}
