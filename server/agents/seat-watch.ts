import type { Sql } from '#db/client.ts';
import { dropSeats, filterHeld, readSeats, type SeatRow } from '#db/queries/agent-seats.ts';
import { fromUuid, parseTaskId, taskId, toUuid } from '#server/domain/ids.ts';
import type { Dispatcher, HeldHere } from './dispatcher.ts';
import type { Seat } from './seats.ts';

export interface SeatWatchOptions {
  sql: Sql;
  hands(): Pick<Dispatcher, 'markSeats' | 'correctSeats' | 'heldByOurs' | 'endedElsewhere'>;
  onTrouble(message: string, error: unknown): void;
}

export interface SeatWatch {
  /** Reads who sits with the agents that all processes call. Calls that come together are one or two. */
  look(): Promise<void>;
  /**
   * Compares what is believed to be held with the tasks' own rows. Other processes decide on tasks as well, and say
   * nothing that this one must hear.
   */
  compare(): Promise<void>;
  /** What agents hold just now that all processes call, whoever gave it to them. */
  held(): Promise<HeldHere[]>;
}

/** Keeps what this process believes of agents' room at what the rows say. */
export function createSeatWatch({ sql, hands, onTrouble }: SeatWatchOptions): SeatWatch {
  let running: Promise<void> | null = null;
  let again = false;

  async function lookOnce(): Promise<void> {
    const mark = hands().markSeats();
    const rows = await readSeats(sql);
    hands().correctSeats(rows.map(toSeat), mark);
  }

  async function runLooks(): Promise<void> {
    do {
      again = false;
      await lookOnce().catch((error) => onTrouble('The seats of agents could not be read.', error));
    } while (again);
    running = null;
  }

  async function compareOurs(): Promise<void> {
    const believed = hands().heldByOurs();
    if (believed.length === 0) return;
    const named = believed.map((held) => ({ ...nameOf(held), held }));
    const still = new Set((await filterHeld(sql, named)).map(({ held }) => held));
    hands().endedElsewhere(believed.filter((held) => !still.has(held)));
  }

  /** Rows whose task has moved on without them. */
  async function compareSeats(): Promise<void> {
    const rows = await readSeats(sql);
    if (rows.length === 0) return;
    const held = new Set(await filterHeld(sql, rows));
    await dropSeats(
      sql,
      rows.filter((row) => !held.has(row)),
    );
  }

  return {
    held: async () => (await filterHeld(sql, await readSeats(sql))).map(toSeat),
    look() {
      again = true;
      running ??= runLooks();
      return running;
    },
    async compare() {
      await compareOurs();
      await compareSeats();
    },
  };
}

function nameOf({ taskId: id, epoch }: HeldHere): { runId: string; index: number; epoch: number } {
  const place = parseTaskId(id);
  if (!place) throw new Error(`not a task: ${id}`);
  return { runId: toUuid(place.runId), index: place.index, epoch };
}

function toSeat({ agentId, seat, runId, index, epoch }: SeatRow): Seat {
  const id = taskId(fromUuid('run', runId), index);
  return { agent: fromUuid('agent', agentId), seat, taskId: id, epoch };
}
