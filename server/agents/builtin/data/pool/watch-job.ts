import { AgentFailure } from '../../../agent.ts';
import type { DataPoolOptions } from './options.ts';
import type { ChildMessage, Job, JobResult } from './protocol.ts';
import { folderBytes } from './scratch.ts';
import type { Worker } from './worker.ts';

export interface JobHooks {
  signal: AbortSignal;
  onMessage(message: Extract<ChildMessage, { kind: 'log' | 'progress' }>): void;
}

const WATCH_MS = 100;
const MIB = 1_048_576;

function aborted(signal: AbortSignal): AgentFailure {
  const reason =
    signal.reason instanceof Error ? signal.reason.message : String(signal.reason ?? 'no reason given');
  return new AgentFailure('agent', 'ABORTED', `The task was told to stop (${reason}).`);
}

/** Looks at what the child uses, and answers with a failure once that is too much. */
async function excessOf(
  worker: Worker,
  directory: string,
  options: DataPoolOptions,
): Promise<AgentFailure | null> {
  const resident = worker.residentBytes() ?? 0;
  if (resident > options.residentMb * MIB) {
    return new AgentFailure(
      'agent',
      'MEMORY_LIMIT',
      `The task used ${Math.round(resident / MIB)} MiB of memory, and ${options.residentMb} MiB is the most. Work on less data at a time.`,
    );
  }
  const scratch = await folderBytes(directory);
  if (scratch <= options.scratchMb * MIB) return null;
  return new AgentFailure(
    'agent',
    'DISK_LIMIT',
    `The task wrote ${Math.round(scratch / MIB)} MiB of files, and ${options.scratchMb} MiB is the most. Work on less data at a time.`,
  );
}

/** Sends the job and waits for its answer. Whatever stops it early stops it by killing the child. */
export async function watchJob(
  worker: Worker,
  job: Job,
  about: { directory: string; options: DataPoolOptions; hooks: JobHooks },
): Promise<JobResult> {
  const { directory, options, hooks } = about;
  const { signal } = hooks;
  if (signal.aborted) throw aborted(signal);
  const outcome = Promise.withResolvers<JobResult>();
  const stopWith = (failure: AgentFailure) => {
    outcome.reject(failure);
    worker.kill();
  };
  const onAbort = () => stopWith(aborted(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  const deadline = setTimeout(
    () =>
      stopWith(
        new AgentFailure('timeout', 'TIME_LIMIT', `The task worked longer than ${options.timeoutMs} ms.`),
      ),
    options.timeoutMs,
  );
  let looking = false;
  const watch = setInterval(async () => {
    if (looking) return;
    looking = true;
    const excess = await excessOf(worker, directory, options);
    looking = false;
    if (excess) stopWith(excess);
  }, WATCH_MS);
  void worker.exited.then((how) => outcome.reject(crashed(how)));
  worker.listen((message) => {
    if (message.kind === 'done') outcome.resolve(message.result);
    // status-words: kinds of a child's messages
    else if (message.kind === 'failed') {
      outcome.reject(new AgentFailure(message.errorClass, message.code, message.message, message.details));
      // status-words: likewise
    } else if (message.kind !== 'ready') hooks.onMessage(message);
  });
  worker.send(job);
  try {
    return await outcome.promise;
  } finally {
    clearTimeout(deadline);
    clearInterval(watch);
    signal.removeEventListener('abort', onAbort);
    worker.listen(() => {});
  }
}

function crashed(how: string): AgentFailure {
  if (/heap out of memory|Reached heap limit/i.test(how)) {
    return new AgentFailure(
      'agent',
      'MEMORY_LIMIT',
      'The data process ran out of memory. Work on less data at a time.',
    );
  }
  return new AgentFailure(
    'agent',
    'CHILD_CRASHED',
    `The data process ended in the middle of the task (${how}).`,
  );
}
