import { z } from 'zod';
import { idSchema, type RunId } from '#server/domain/ids.ts';
import { CHANNEL } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';

/**
 * What processes tell each other so that nobody waits for a look at the clock. All of it may be lost: a run that waits is
 * looked at again after `RECHECK_MS`, seats every second, slots whenever they seem full.
 */
export interface Nudge {
  /** Runs, at this revision, with a task that found no agent in the process that committed it. */
  runs: { id: RunId; revision: number }[];
  /** Slots that were given back, by `slotId`. */
  slots: string[];
  /** Seats were set free. */
  seats: boolean;
}

export interface Nudges {
  send(nudge: Partial<Nudge>): void;
  /** Hears what other processes send. */
  listen(onNudge: (nudge: Nudge) => void): Promise<void>;
  stop(): Promise<void>;
}

export interface NudgesOptions {
  hot: Pick<HotState, 'publish' | 'subscribe'>;
  /** This process: it does not listen to itself. */
  me: string;
}

/** What comes within this time is one message, so a process sends at most 50 a second, whatever it commits. */
const GATHER_MS = 20;
/** The rest of a flood is found by the look at the clock. */
const MAX_RUNS = 1000;
const MAX_SLOTS = 1000;

const messageSchema = z.object({
  from: z.string(),
  runs: z.array(z.tuple([idSchema('run'), z.int().min(0)])).default([]),
  slots: z.array(z.string()).default([]),
  seats: z.boolean().default(false),
});

export function createNudges({ hot, me }: NudgesOptions): Nudges {
  const runs = new Map<RunId, number>();
  const slots = new Set<string>();
  let seats = false;
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe: (() => Promise<void>) | undefined;

  function flush(): void {
    timer = undefined;
    const message = JSON.stringify({ from: me, runs: [...runs], slots: [...slots], seats });
    runs.clear();
    slots.clear();
    seats = false;
    void hot.publish(CHANNEL.wakeCoordinators, message);
  }

  return {
    send(nudge) {
      for (const { id, revision } of nudge.runs ?? []) {
        if (runs.size < MAX_RUNS || runs.has(id)) runs.set(id, revision);
      }
      for (const slot of nudge.slots ?? []) if (slots.size < MAX_SLOTS) slots.add(slot);
      seats ||= nudge.seats ?? false;
      timer ??= setTimeout(flush, GATHER_MS);
      timer.unref();
    },
    async listen(onNudge) {
      unsubscribe = await hot.subscribe(CHANNEL.wakeCoordinators, (text) => {
        const message = messageSchema.safeParse(parseOrNull(text));
        // Of another version, or not ours: what it meant to say is found anyway.
        if (!message.success || message.data.from === me) return;
        const { from: _from, runs: told, ...rest } = message.data;
        onNudge({ ...rest, runs: told.map(([id, revision]) => ({ id, revision })) });
      });
    },
    async stop() {
      clearTimeout(timer);
      await unsubscribe?.();
    },
  };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
