import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '#server/domain/messages.ts';
import type { Reporter, ReportSink } from '#server/domain/reports.ts';

export interface OwnLinesOptions {
  sink(): Pick<ReportSink, 'report'>;
  onTrouble(message: string, error: unknown): void;
  pause?(ms: number): Promise<unknown>;
}

/** Half a minute: as long as an answer is insisted on. */
const TRIES = 11;
/** What waits is in memory; beyond this a line is given up at once. */
const MOST_WAITING = 20_000;

/**
 * Log lines of agents in this process, who have nobody that would send them again: while the log takes none, because the
 * database is away or more came than could be written, they wait. A line has a number, so that it is kept once.
 */
export function createOwnLines({ sink, onTrouble, pause = sleep }: OwnLinesOptions) {
  let waiting = 0;

  async function insist(from: Reporter, line: Report, first: unknown): Promise<void> {
    let error = first;
    for (let tries = 1; tries < TRIES; tries += 1) {
      await pause(Math.min(100 * 2 ** tries, 5000));
      try {
        await sink().report(from, [line]);
        return;
      } catch (again) {
        error = again;
      }
    }
    onTrouble('A log line of a built-in agent was lost.', error);
  }

  return function send(from: Reporter, line: Report): void {
    sink()
      .report(from, [line])
      .catch(async (error) => {
        if (waiting >= MOST_WAITING)
          return onTrouble('A log line of a built-in agent was lost: too many wait to be written.', error);
        waiting += 1;
        await insist(from, line, error);
        waiting -= 1;
      });
  };
}
