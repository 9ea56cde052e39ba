import type { ServerResponse } from 'node:http';
import type { RunId } from '#server/domain/ids.ts';
import type { RunNews } from '#server/domain/live.ts';
import { listRunEvents } from '#server/services/run/events.ts';
import type { Answer } from '../http/router.ts';
import type { OperationCall } from './operation.ts';

const KEEP_ALIVE_MS = 15_000;

/**
 * A run's events as they are written. The number of each is its id, so a browser that was cut off asks for what came
 * after the last one it saw. The stream ends with the run.
 */
export async function streamEvents(
  { services, actor }: OperationCall,
  { id, after }: { id: RunId; after: number },
): Promise<Answer> {
  // Whether the run is there and the actor's is settled before anything is sent.
  await listRunEvents(services, actor, { id, after, limit: 1 });
  return {
    async stream(response) {
      const gone = new Promise((resolve) => response.once('close', resolve));
      const keepAlive = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MS);
      open(response);
      const session = services.live.open(actor, {
        runs: (news) => {
          for (const one of news) write(response, one);
        },
        backlogBytes: () => response.writableLength,
        // It comes back by itself and asks for what came after the last one.
        tooSlow: () => response.destroy(),
        agents: () => undefined,
        resumePoint: () => undefined,
        resync: () => undefined,
      });
      try {
        await session.subscribe([{ run_id: id, after }]);
        await gone;
      } finally {
        clearInterval(keepAlive);
        session.close();
      }
    },
  };
}

function write(response: ServerResponse, { events, status, isOver, seq }: RunNews): void {
  if (response.writableEnded) return;
  for (const one of events) {
    const entry = { seq: one.seq, at: new Date(one.at), ...one.event };
    response.write(`id: ${one.seq}\ndata: ${JSON.stringify(entry)}\n\n`);
  }
  // Tells the browser not to come back for more.
  if (isOver) response.end(`event: end\ndata: ${JSON.stringify({ status, seq })}\n\n`);
}

function open(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  response.write('retry: 1000\n\n');
}
