/** The second coordinator of a subject that has two: a process of its own, which the first one starts and tells what to do. */
import { readProcessMemory } from '../memory.ts';
import { createWorkload } from '../workload.ts';
import type { Coordinator, RunEnd } from './coordinator.ts';
import { startCoordinator } from './coordinator.ts';
import type { Answers, FromSecond, ToSecond } from './second-messages.ts';
import { handlerOf } from './stages.ts';

const work = createWorkload();
let coordinator: Coordinator | undefined;
let ends: RunEnd[] = [];

const say = (message: FromSecond) => process.send?.(message);

function fail(error: unknown): void {
  say({ type: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

/** Ends of one turn of the event loop go in one message. */
function noteEnd(end: RunEnd): void {
  if (ends.push(end) > 1) return;
  setImmediate(() => {
    say({ type: 'ended', ends });
    ends = [];
  });
}

const ANSWER: { [Question in keyof Answers]: () => Answers[Question] } = {
  counts: () => work.takeCounts(),
  memory: readProcessMemory,
};

async function obey(message: ToSecond): Promise<void> {
  if (message.type === 'boot') {
    const { urls } = message;
    coordinator = await startCoordinator({
      ...{ urls, handle: handlerOf(work), onEnded: noteEnd },
    });
    say({ type: 'ready' });
  } else if (message.type === 'start') {
    for (const run of message.runs) coordinator?.startRun(run).catch(fail);
  } else if (message.type === 'ask') {
    const { question } = message;
    say({ type: 'answer', question, answer: ANSWER[question]() });
  } else {
    await coordinator?.stop();
    say({ type: 'stopped' });
    process.disconnect();
  }
}

// Ctrl-C reaches the whole terminal group; the harness decides when its processes end.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);
process.on('message', (message: ToSecond) => void obey(message).catch(fail));
