import { lookOfRun } from '../looks/index.ts';
import { formatDuration, formatMoment } from '../ui/format.ts';
import { StatusStrip } from '../ui/status-strip.tsx';
import { durationOf, sharesOf } from './last-runs.ts';
import type { Pipeline } from './types.ts';
import { words } from './words.ts';

/** How the last runs went: a bar for each. */
export function LastRuns({ pipeline: { name, recent_runs: recent } }: { pipeline: Pipeline }) {
  if (!recent) return null;
  if (recent.length === 0) return <span className="text-xs text-faint">{words.noRuns}</span>;
  const runs = [...recent].reverse();
  const shares = sharesOf(runs);
  const bars = runs.map((run, at) => {
    const look = lookOfRun(run.status);
    const took = durationOf(run);
    const title = words.bar(
      look.label,
      formatMoment(run.created_at),
      took === null ? '' : formatDuration(took),
    );
    return { key: run.id, look, share: shares[at] ?? 1, href: `/runs/${run.id}`, title };
  });
  return <StatusStrip label={words.strip(name)} bars={bars} />;
}
