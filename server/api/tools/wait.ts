import type { RunId } from '#server/domain/ids.ts';
import type { RunNews } from '#server/domain/live.ts';
import { isTaskEvent } from '#server/domain/run-progress.ts';
import { refuseWithdrawn } from '#server/identity/withdrawn.ts';
import type { ToolCall } from './tool.ts';

/** Resolves when the run has ended, the time is over or the caller has gone, and tells meanwhile how far it is. */
export async function waitForRun(
  call: ToolCall,
  { id, timeoutMs }: { id: RunId; timeoutMs: number },
): Promise<void> {
  const { services, actor, signal } = call;
  const tell = createTeller(call);
  const ended = Promise.withResolvers<void>();
  const session = services.live.open(actor, {
    runs(news) {
      for (const one of news) {
        tell(one);
        if (one.isOver) ended.resolve();
      }
    },
    agents: () => undefined,
    resumePoint: () => undefined,
    // What is missed is only talk: how the run stands is told next.
    resync: () => undefined,
    backlogBytes: () => 0,
    tooSlow: () => ended.resolve(),
  });
  const timer = setTimeout(ended.resolve, timeoutMs);
  signal.addEventListener('abort', () => ended.resolve(), { once: true });
  try {
    await session.subscribe([{ run_id: id }]);
    if (!signal.aborted) await ended.promise;
  } finally {
    clearTimeout(timer);
    session.close();
  }
  refuseWithdrawn(signal);
}

/** Progress may only rise, and a run's can fall when a stage is tried again. */
function createTeller({ progress, say }: ToolCall): (news: RunNews) => void {
  let told = -1;
  return ({ progress: figures, status, events }) => {
    if (figures.progress > told) {
      told = figures.progress;
      const stages = `${figures.completedStages.length} stages done`;
      progress({ done: figures.progress, total: 1, message: `The run is ${status}, ${stages}.` });
    }
    for (const { event } of events) {
      const where = isTaskEvent(event) ? ` (stage ${event.task})` : '';
      say('error' in event ? 'warning' : 'info', `${event.type}${where}`);
    }
  };
}
