import type { RunNews } from '../../../server/domain/live.ts';
import type { RunRow } from './run-row.ts';

const KEPT_NEWS = 2000;

/** The last that was heard of each run. */
export function foldNews(
  before: ReadonlyMap<string, RunNews>,
  heard: readonly RunNews[],
): ReadonlyMap<string, RunNews> {
  const next = new Map(before);
  for (const news of heard) {
    const last = next.get(news.runId);
    if (last && last.seq > news.seq) continue;
    next.delete(news.runId);
    next.set(news.runId, news);
  }
  // A panel that is open all day hears of more runs than it shows: the oldest news go.
  for (const id of next.keys()) {
    if (next.size <= KEPT_NEWS) break;
    next.delete(id);
  }
  return next;
}

/** By what a list is sorted. */
export interface RunOrder {
  by: 'created' | 'finished' | 'duration';
  isAscending: boolean;
}

/**
 * Rows where they stand, each as new as anything that is known of it; and how many have come among them or above them since.
 * Those are not only the youngest: what began long ago comes into a list of failures when it fails. `head` is what came into the
 * list last, wherever that stands in it.
 */
export function joinRuns({
  loaded,
  head,
  news,
  order,
  hasMore,
}: {
  loaded: readonly RunRow[];
  head: readonly RunRow[];
  news: ReadonlyMap<string, RunNews>;
  order: RunOrder;
  /** What is below the last that is loaded is not new, it is not loaded yet. */
  hasMore: boolean;
}): { rows: RunRow[]; newer: number } {
  const heads = new Map(head.map((run) => [run.id, run]));
  const rows = loaded.map((run) => {
    const fresher = heads.get(run.id);
    return withNews(fresher && fresher.seq > run.seq ? fresher : run, news.get(run.id));
  });
  const shown = new Set(loaded.map(({ id }) => id));
  const last = loaded.at(-1);
  const isAbove = (run: RunRow) => !hasMore || (last !== undefined && standsAbove(run, last, order));
  return { rows, newer: head.filter((run) => !shown.has(run.id) && isAbove(run)).length };
}

/** Times are told in whole milliseconds, and the list is sorted by parts of them. */
const BLUR_MS = 1;

function standsAbove(run: RunRow, other: RunRow, { by, isAscending }: RunOrder): boolean {
  if (by === 'duration') {
    const more = durationOf(run) - durationOf(other);
    return (isAscending ? -more : more) > BLUR_MS;
  }
  const [one, two] = [run[`${by}_at`] ?? '', other[`${by}_at`] ?? ''];
  if (one === two) return isAscending ? run.id < other.id : run.id > other.id;
  return isAscending ? one < two : one > two;
}

const durationOf = ({ created_at: from, finished_at: to }: RunRow): number =>
  Date.parse(to ?? from) - Date.parse(from);

function withNews(run: RunRow, news: RunNews | undefined): RunRow {
  if (!news || news.seq <= run.seq) return run;
  const { status, isOver, progress, events, seq } = news;
  const last = events.at(-1);
  return {
    ...run,
    seq,
    status,
    progress: progress.progress,
    tasks_left: Math.round(run.tasks_total * (1 - progress.progress)),
    ...(isOver && last ? { finished_at: new Date(last.at).toISOString(), tasks_left: 0 } : {}),
    ...(last?.event.type === 'run.failed' ? { error: last.event.error } : {}),
  };
}
