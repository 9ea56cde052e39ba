import type { RunId } from '#server/domain/ids.ts';
import { KEY } from '#server/redis/keys.ts';
import type { HotState, StreamCap } from '#server/redis/port.ts';
import type { LogLine } from './log-writer.ts';

/** What a run says while it works, for those who watch: kept short, and gone some minutes after the last word. */
export interface RunStream {
  progress(
    task: { runId: RunId; index: number },
    said: { progress?: number; note?: string; epoch: number },
  ): void;
  log(line: LogLine): void;
}

interface Backlog {
  entries: Record<string, string>[];
  isWriting: boolean;
}

/** Writes in the background and never holds anybody up. What is more than the stream keeps is not sent at all. */
export function createRunStream(hot: Pick<HotState, 'appendStream'>, cap: StreamCap): RunStream {
  const backlogs = new Map<RunId, Backlog>();

  function append(runId: RunId, fields: Record<string, string>): void {
    const backlog = backlogs.get(runId) ?? { entries: [], isWriting: false };
    backlogs.set(runId, backlog);
    backlog.entries.push(fields);
    if (backlog.entries.length > cap.maxEntries) backlog.entries.shift();
    if (!backlog.isWriting) void write(runId, backlog);
  }

  async function write(runId: RunId, backlog: Backlog): Promise<void> {
    backlog.isWriting = true;
    for (let next = backlog.entries.shift(); next; next = backlog.entries.shift()) {
      // Away: the log table and the run's own progress say the same.
      await hot.appendStream(KEY.runProgress(runId), next, cap).catch(() => undefined);
    }
    backlogs.delete(runId);
  }

  return {
    progress({ runId, index }, { progress, note, epoch }) {
      append(runId, {
        type: 'progress',
        task: String(index),
        epoch: String(epoch),
        progress: String(progress ?? ''),
        ...(note === undefined ? {} : { note }),
      });
    },
    log(line) {
      append(line.runId, {
        type: 'log',
        task: String(line.index),
        epoch: String(line.epoch),
        line: String(line.line),
        at: String(line.at),
        level: line.level,
        message: line.message,
        ...(line.fields === null ? {} : { fields: JSON.stringify(line.fields) }),
      });
    },
  };
}
