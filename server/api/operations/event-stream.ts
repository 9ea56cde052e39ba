import type { ServerResponse } from 'node:http';
import { SignalboxError } from '#server/domain/errors.ts';
import type { RunId } from '#server/domain/ids.ts';
import type { RunNews } from '#server/domain/live.ts';
import { listRunEvents } from '#server/services/run/events.ts';
import type { Answer } from '../http/router.ts';
import { type EventLines, openEventLines } from './event-lines.ts';
import type { OperationCall } from './operation.ts';

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
      const giveBack = services.places.take(actor);
      if (!giveBack) throw tooMany();
      try {
        await follow({ services, actor }, { response, id, after });
      } finally {
        giveBack();
      }
    },
  };
}

async function follow(
  { services, actor }: Pick<OperationCall, 'services' | 'actor'>,
  { response, id, after }: { response: ServerResponse; id: RunId; after: number },
): Promise<void> {
  const gone = new Promise((resolve) => response.once('close', resolve));
  const lines = openEventLines(response);
  const session = services.live.open(actor, {
    runs: (news) => {
      for (const one of news) write(lines, one);
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
    lines.close();
    session.close();
  }
}

const tooMany = (): SignalboxError =>
  new SignalboxError('LIMITED', 'Too many connections of this user or key follow events here.', {
    advice:
      'Close some, follow several runs over one connection (`/ws`), or raise SIGNALBOX_SOCKETS_PER_ACTOR.',
    details: { retryAfterSeconds: 5 },
  });

function write(lines: EventLines, { events, status, isOver, seq }: RunNews): void {
  for (const one of events) {
    const entry = { seq: one.seq, at: new Date(one.at), ...one.event };
    lines.write(`id: ${one.seq}\ndata: ${JSON.stringify(entry)}\n\n`);
  }
  // Tells the browser not to come back for more.
  if (isOver) lines.end(`event: end\ndata: ${JSON.stringify({ status, seq })}\n\n`);
}
