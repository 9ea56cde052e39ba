import type { Sql } from '#db/client.ts';
import { type CallNote, writeCalls } from '#db/queries/mcp-calls.ts';

/** The log of calls. It is written behind them, in batches: a call does not wait for its own entry. */
export interface Journal {
  write(note: CallNote): void;
  /** Everything noted so far is in the database. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

export interface JournalOptions {
  sql: Sql;
  onTrouble(message: string, error: unknown): void;
}

const FLUSH_MS = 250;
const BATCH = 500;
/** While the database is away the newest are kept; then the oldest of them go. */
const MAX_WAITING = 20_000;

export function createJournal({ sql, onTrouble }: JournalOptions): Journal {
  let waiting: CallNote[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      waiting = waiting.slice(BATCH);
      try {
        await writeCalls(sql, batch);
      } catch (error) {
        waiting = [...batch, ...waiting].slice(-MAX_WAITING);
        throw error;
      }
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(writeAll).catch((error) => {
      onTrouble('Calls of MCP tools could not be logged; it is tried again.', error);
      plan();
    });
    return writing;
  }

  function plan(): void {
    timer ??= setTimeout(() => void flush(), FLUSH_MS);
    timer.unref();
  }

  return {
    write(note) {
      waiting.push(note);
      if (waiting.length > MAX_WAITING) waiting = waiting.slice(-MAX_WAITING);
      plan();
    },
    flush,
    async stop() {
      await flush();
      clearTimeout(timer);
    },
  };
}
