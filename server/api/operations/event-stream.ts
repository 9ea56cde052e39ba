import type { ServerResponse } from 'node:http';
import type { RunId } from '#server/domain/ids.ts';
import { listRunEvents } from '#server/services/run/events.ts';
import type { Answer } from '../http/router.ts';
import type { OperationCall } from './operation.ts';

const KEEP_ALIVE_MS = 15_000;
const PAGE = 500;

/**
 * A run's events as they are written. The number of each is its id, so a browser that was cut off asks for what came
 * after the last one it saw. The stream ends with the run.
 */
export async function streamEvents(
  { services, actor }: OperationCall,
  from: { id: RunId; after: number },
): Promise<Answer> {
  const { id } = from;
  let { after } = from;
  // Whether the run is there and the actor's is settled before anything is sent.
  let page = await listRunEvents(services, actor, { id, after, limit: PAGE });
  return {
    async stream(response) {
      const bell = createBell(response);
      const unsubscribe = await services.news.subscribe(id, bell.ring);
      try {
        open(response);
        // What was written between the first look and the subscription.
        page = await listRunEvents(services, actor, { id, after, limit: PAGE });
        while (!bell.isClosed()) {
          for (const { seq, at, event } of page.events) {
            response.write(`id: ${seq}\ndata: ${JSON.stringify({ seq, at, ...event })}\n\n`);
            after = seq;
          }
          const isCaughtUp = after >= page.lastSeq;
          if (isCaughtUp && page.isOver) break;
          if (isCaughtUp) await bell.wait();
          else if (response.writableNeedDrain) await bell.waitForDrain();
          page = await listRunEvents(services, actor, { id, after, limit: PAGE });
        }
        // Tells the browser not to come back for more.
        response.end(`event: end\ndata: ${JSON.stringify({ status: page.status, seq: after })}\n\n`);
      } finally {
        bell.stop();
        await unsubscribe();
      }
    },
  };
}

function open(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  response.write('retry: 1000\n\n');
}

/** Rung by news; also wakes by itself now and then, which keeps the line open and mends news that was lost. */
function createBell(response: ServerResponse) {
  let rung = false;
  let closed = false;
  let wake: () => void = () => undefined;
  const ring = () => {
    rung = true;
    wake();
  };
  response.once('close', () => {
    closed = true;
    wake();
  });
  const keepAlive = setInterval(() => {
    response.write(': still here\n\n');
    ring();
  }, KEEP_ALIVE_MS);
  return {
    ring,
    isClosed: () => closed,
    async wait(): Promise<void> {
      if (!rung && !closed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      rung = false;
    },
    waitForDrain: () =>
      new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      }),
    stop: () => clearInterval(keepAlive),
  };
}
