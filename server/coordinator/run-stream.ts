import { z } from 'zod';
import type { RunId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import { LOG_LEVELS } from '#server/domain/messages.ts';
import type { Said } from '#server/domain/said.ts';
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

/** What the stream of a run holds after that entry, oldest first. What another version wrote and we cannot read is left out. */
export async function readRunStream(
  hot: Pick<HotState, 'readStream'>,
  runId: RunId,
  { after, limit }: { after: string | null; limit: number },
): Promise<Said[]> {
  const entries = await hot.readStream(KEY.runProgress(runId), after, limit);
  return entries.flatMap(({ id, fields }) => {
    const said = entrySchema.safeParse(fields);
    if (!said.success) return [];
    const { task: stage, ...rest } = said.data;
    return [{ ...rest, stage, id, at: new Date(Number(id.split('-')[0])) }];
  });
}

function parseObject(text: string, context: z.RefinementCtx): JsonObject {
  try {
    return jsonObjectSchema.parse(JSON.parse(text));
  } catch {
    context.addIssue('is no JSON object');
    return z.NEVER;
  }
}

const number = z.string().min(1).transform(Number).pipe(z.number());
const common = { task: number, epoch: number };
/** As `createRunStream` writes them: all is text. */
const entrySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    ...common,
    progress: z.union([z.literal('').transform(() => null), number]),
    note: z.string().nullable().default(null),
  }),
  z.object({
    type: z.literal('log'),
    ...common,
    line: number,
    level: z.enum(LOG_LEVELS),
    message: z.string(),
    fields: z.string().transform(parseObject).nullable().default(null),
  }),
]);

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
        level: line.level,
        message: line.message,
        ...(line.fields === null ? {} : { fields: JSON.stringify(line.fields) }),
      });
    },
  };
}
