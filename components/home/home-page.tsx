'use client';

import { useQuery } from '@tanstack/react-query';
import { isRunActive, RUN_STATUSES } from '../../server/domain/statuses.ts';
import { formatCount, runsHref } from '../analytics/index.ts';
import { type Answer, query, useFresh } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Notice, ProgressBar, Skeleton } from '../ui/feedback.tsx';
import { formatDuration } from '../ui/format.ts';
import { Link } from '../ui/link.tsx';
import { Card, Figure, Page, PageHead } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';
import { AskedPeople, useAsked } from './asked-people.tsx';
import { FirstSteps } from './first-steps.tsx';
import { LastDay } from './last-day.tsx';
import { RecentRuns } from './recent-runs.tsx';
import { words } from './words.ts';

type Home = Answer<'analytics.home'>;

const HOME = query('analytics.home', {});
/** The server stops counting there. */
const MAX_COUNT = 10_000;
const MAX_LETTERS = 500;
const REFRESH_MS = 15_000;

/** What wants a look now. Each number leads to the list that it counts. */
export function HomePage() {
  const home = useQuery({ ...HOME, refetchInterval: REFRESH_MS });
  useFresh({ everything: true }, { keys: [HOME.queryKey], everyMs: 3000 });
  const me = useQuery(query('me.get', {}));
  const asked = useAsked();
  // What stands above the runs hangs on both: drawn one after the other, it would push them down under the eyes of whoever reads.
  const board = me.isPending ? undefined : home.data;
  return (
    <Page>
      <PageHead title={words.title} />
      {home.error && !home.data ? (
        <Notice
          message={home.error.message}
          advice={home.error.advice}
          action={
            <Button size="sm" onClick={() => void home.refetch()}>
              {words.again}
            </Button>
          }
        />
      ) : null}
      {board ? (
        <Board home={board} asked={asked} />
      ) : home.error ? null : (
        <Skeleton label={words.loading} rows={10} />
      )}
      <div className={board || home.error ? 'mt-5' : 'hidden'}>
        <RecentRuns />
      </div>
    </Page>
  );
}

function Board({ home, asked }: { home: Home; asked: number }) {
  return (
    <div className="flex flex-col gap-5">
      <FirstSteps steps={home.first_steps} />
      <AskedPeople count={asked} />
      <Now home={home} />
      <LastDay home={home} />
      {home.queues ? <Queues queues={home.queues} /> : null}
      {home.quotas.length > 0 ? <Quotas quotas={home.quotas} /> : null}
    </div>
  );
}

const shown = (count: number, most: number): string =>
  count >= most ? words.now.more(formatCount(most)) : formatCount(count);

/** The very filter by which the server counted, as the list's address has it. */
function hrefOf({ filter }: Home['running']): string {
  const { status, finished_after: after, min_waiting_ms: waitingMs } = filter;
  return runsHref({
    status,
    ...(after === undefined ? {} : { ended: { from: after, to: '' }, sort: 'finished:desc' }),
    ...(waitingMs === undefined ? {} : { waiting: `${waitingMs / 60_000}m` }),
  });
}

function Now({ home }: { home: Home }) {
  const { now } = words;
  const { running, failed, stuck, agents, dead_letters: letters } = home;
  return (
    <div className="grid grid-cols-2 gap-3 max-md:*:last:odd:col-span-2 md:grid-cols-3 xl:auto-cols-fr xl:grid-flow-col xl:grid-cols-none">
      <Figure label={now.running} value={shown(running.count, MAX_COUNT)} href={hrefOf(running)} />
      <Figure
        label={now.failed}
        value={<Alarm count={failed.count} most={MAX_COUNT} />}
        href={hrefOf(failed)}
      />
      <Figure
        label={now.stuck}
        value={<Alarm count={stuck.count} most={MAX_COUNT} />}
        href={hrefOf(stuck)}
        note={now.stuckNote}
      />
      {agents ? (
        <Figure
          label={now.agents}
          value={<Alarm count={agents.down} />}
          href={`/agents?state=${agents.filter.status.join(',')}`}
          note={now.agentsNote(agents.each, agents.all)}
        />
      ) : null}
      {letters === null ? null : (
        <Figure
          label={now.letters}
          value={<Alarm count={letters} most={MAX_LETTERS} />}
          href="/queues?part=dead"
          note={now.lettersNote}
        />
      )}
    </div>
  );
}

/** None is as it should be. */
function Alarm({ count, most = Number.POSITIVE_INFINITY }: { count: number; most?: number }) {
  return <span className={count > 0 ? 'text-bad' : ''}>{shown(count, most)}</span>;
}

const QUEUES_SHOWN = 6;
const DEAD_LETTERS = 'mcp.dead-letters';

function Queues({ queues }: { queues: NonNullable<Home['queues']> }) {
  const { queues: said } = words;
  return (
    <Card title={said.title} actions={<QueuesLink />} flush>
      {queues.length === 0 ? (
        <p className="px-4 py-3 text-sm text-quiet">{said.none}</p>
      ) : (
        <Table
          label={said.title}
          rows={queues.slice(0, QUEUES_SHOWN)}
          keyOf={({ queue }) => queue}
          columns={[
            { key: 'queue', title: said.queue, cell: ({ queue }) => <QueueLink queue={queue} /> },
            {
              key: 'messages',
              title: said.messages,
              align: 'end',
              cell: ({ messages }) => formatCount(messages),
            },
            {
              key: 'age',
              title: said.age,
              align: 'end',
              cell: ({ oldest_age_ms: age }) => (age === null ? words.day.none : formatDuration(age)),
            },
            {
              key: 'consumers',
              title: said.consumers,
              align: 'end',
              wideOnly: true,
              cell: ({ consumers }) => consumers,
            },
          ]}
        />
      )}
    </Card>
  );
}

/** To the line of it among all queues; those that died lie in a part of their own. */
function QueueLink({ queue }: { queue: string }) {
  const href =
    queue === DEAD_LETTERS ? '/queues?part=dead' : `/queues?${new URLSearchParams({ queue }).toString()}`;
  return (
    <Link href={href} className="hover:text-accent hover:underline">
      {queue}
    </Link>
  );
}

function QueuesLink() {
  return (
    <Link href="/queues" className="text-sm text-accent hover:underline">
      {words.queues.all}
    </Link>
  );
}

const DAY_MS = 86_400_000;

/** What has used it up; of a key's minute there is no list, but there is one of all limits. */
function listBehind({
  name,
  resets_at: resetsAt,
}: Pick<Home['quotas'][number], 'name' | 'resets_at'>): string {
  if (name === 'runs_in_flight') return runsHref({ status: RUN_STATUSES.filter(isRunActive) });
  if (name !== 'runs_per_day' || resetsAt === null) return '/queues?part=limits';
  const since = new Date(Date.parse(resetsAt) - DAY_MS).toISOString();
  return runsHref({ created: { from: since, to: '' } });
}

function Quotas({ quotas }: { quotas: Home['quotas'] }) {
  const { quotas: said } = words;
  return (
    <Card title={said.title}>
      <ul className="flex flex-col gap-4">
        {quotas.map(({ name, used, limit, resets_at: resetsAt }) => (
          <li key={name}>
            <div className="mb-1.5 flex justify-between text-sm">
              <Link
                href={listBehind({ name, resets_at: resetsAt })}
                className="hover:text-accent hover:underline"
              >
                {said.names[name]}
              </Link>
              <span className="text-quiet tabular-nums">
                {said.used(formatCount(used), formatCount(limit))}
              </span>
            </div>
            <ProgressBar label={said.names[name]} value={limit === 0 ? 1 : Math.min(1, used / limit)} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
