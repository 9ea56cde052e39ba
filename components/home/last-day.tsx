import { formatCount, formatMs, formatShare, runsHref } from '../analytics/index.ts';
import type { Answer } from '../data/index.ts';
import { Sparkline } from '../ui/chart/index.ts';
import { Link } from '../ui/link.tsx';
import { Figure } from '../ui/surface.tsx';
import { words } from './words.ts';

type Home = Answer<'analytics.home'>;

/** How the last day went, hour by hour. */
export function LastDay({ home: { last_day: points, of_last_day: whole } }: { home: Home }) {
  const { day } = words;
  const sum = (of: (point: Home['last_day'][number]) => number) =>
    points.reduce((total, point) => total + of(point), 0);
  const succeeded = sum(({ runs }) => runs.succeeded);
  const failed = sum(({ runs }) => runs.failed);
  const ended = succeeded + failed + sum(({ runs }) => runs.cancelled);
  const [first, last] = [points[0], points.at(-1)];
  const range = first && last ? { from: first.from, to: last.to } : undefined;
  // Hours in which nothing ended have no such figure, which is not the same as 0.
  const shares = points.map(({ runs }) => runs.success.value);
  const durations = points.map(({ runs }) => runs.duration.p95);
  const waits = points.map(({ tasks }) => tasks.wait.p95);
  const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);
  const highest = (values: readonly (number | null)[]) =>
    known(values).length === 0 ? null : Math.max(...known(values));
  const said = (ms: number | null) => (ms === null ? null : formatMs(ms));
  const link = (status?: string[]) =>
    runsHref({ ...(range ? { ended: range } : {}), ...(status ? { status } : {}), sort: 'finished:desc' });
  return (
    <section aria-label={day.title}>
      <header className="mb-2 flex items-baseline justify-between">
        <h2 className="font-medium">{day.title}</h2>
        <Link href="/analytics" className="text-sm text-accent hover:underline">
          {day.all}
        </Link>
      </header>
      <div className="grid grid-cols-2 gap-3 xl:grid-cols-4">
        <Figure label={day.ended} value={formatCount(ended)} href={link()}>
          <Sparkline
            label={day.ended}
            values={points.map(({ runs }) => runs.succeeded + runs.failed + runs.cancelled)}
          />
        </Figure>
        <Figure
          label={day.success}
          value={formatShare(succeeded + failed === 0 ? null : succeeded / (succeeded + failed))}
          href={link(['succeeded', 'failed'])}
          note={day.successOf(succeeded + failed)}
        >
          <Sparkline label={day.success} tone="good" values={shares} />
        </Figure>
        <Figure
          label={day.duration}
          value={formatMs(whole.runs.duration.p95)}
          href={link(['succeeded'])}
          note={day.highest(said(highest(durations)))}
        >
          <Sparkline label={day.duration} tone="hold" values={durations} />
        </Figure>
        <Figure
          label={day.wait}
          value={formatMs(whole.tasks.wait.p95)}
          href={link()}
          note={day.highest(said(highest(waits)))}
        >
          <Sparkline label={day.wait} tone="warn" values={waits} />
        </Figure>
      </div>
    </section>
  );
}
