import { toUuid } from '#server/domain/ids.ts';

const WEEK_MS = 604_800_000;

/**
 * The week whose parts of `runs`, `tasks`, … hold a run: its id begins with its time of birth. The engine names the
 * part itself, because a statement on the whole table would open every week's part each time.
 */
export function partOf(runId: string): string {
  return `w${Math.floor(Number.parseInt(toUuid(runId).slice(0, 12), 16) / WEEK_MS)}`;
}
