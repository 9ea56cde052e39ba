'use client';

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { isRunOver, RUN_STATUSES } from '../../server/domain/statuses.ts';
import { runsHref } from '../analytics/index.ts';
import { type Answer, query, useFresh } from '../data/index.ts';
import { lookOfAttempt } from '../looks/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { formatDuration } from '../ui/format.ts';
import { Link } from '../ui/link.tsx';
import { shortId } from '../ui/short-id.ts';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { Ago, Chip } from '../ui/text.tsx';
import type { Agent } from './use-fleet.ts';
import { words } from './words.ts';

const ACTIVE = RUN_STATUSES.filter((status) => !isRunOver(status));

type WorkItem = Answer<'agents.work'>['current'][number];

const keyOf = ({ task_id, epoch }: WorkItem): string => `${task_id} ${epoch}`;

const RUN: TableColumn<WorkItem> = {
  key: 'run',
  title: words.agent.run,
  cell: ({ run_id: id }) => (
    <Link href={`/runs/${id}`} className="font-mono text-xs text-accent hover:underline">
      {shortId(id)}
    </Link>
  ),
};
const STAGE: TableColumn<WorkItem> = {
  key: 'stage',
  title: words.agent.stage,
  onPhone: 'lead',
  cell: ({ key, stage }) => key ?? stage + 1,
};
const ATTEMPT: TableColumn<WorkItem> = {
  key: 'attempt',
  title: words.agent.attempt,
  align: 'end',
  wideOnly: true,
  cell: ({ attempt }) => attempt,
};
const STATE: TableColumn<WorkItem> = {
  key: 'state',
  title: words.agent.state,
  onPhone: 'side',
  cell: ({ state }) => <StatusText look={lookOfAttempt(state)} />,
};
const WHEN: TableColumn<WorkItem> = {
  key: 'when',
  title: words.agent.when,
  align: 'end',
  cell: ({ finished_at: at }) => (at === null ? '–' : <Ago at={at} />),
};
const SINCE: TableColumn<WorkItem> = {
  key: 'since',
  title: words.agent.since,
  align: 'end',
  cell: ({ started_at: at }) => (at === null ? '–' : <Ago at={at} />),
};
const TOOK: TableColumn<WorkItem> = {
  key: 'took',
  title: words.agent.took,
  align: 'end',
  wideOnly: true,
  cell: ({ started_at: from, finished_at: to }) =>
    from === null || to === null ? '–' : formatDuration(Date.parse(to) - Date.parse(from)),
};
const ERROR: TableColumn<WorkItem> = {
  key: 'error',
  title: words.agent.error,
  cell: ({ error }) =>
    error ? (
      <span title={error.message}>
        {/* To whoever may not read what it said, the message begins with the code. */}
        {error.message.startsWith(`${error.code} `) ? null : <Chip>{error.code}</Chip>} {error.message}
      </span>
    ) : null,
};

/** What an agent has in hand, what it ended last, and what of that went wrong. */
export function AgentWork({ id }: { id: Agent['id'] }) {
  const question = query('agents.work', { id });
  const asked = useQuery({ ...question, refetchInterval: 10_000 });
  const { data: work, error } = asked;
  useFresh({ agent_id: id }, { keys: [question.queryKey], everyMs: 2000 });
  if (error && !work) return <Broken of={asked} />;
  const broken = work?.recent.filter((item) => item.error !== null);
  return (
    <>
      <Broken of={asked} />
      <WorkCard
        title={words.agent.current}
        none={words.agent.currentNone}
        items={work?.current}
        columns={[RUN, STAGE, ATTEMPT, STATE, SINCE]}
        more={work?.more_current ? words.agent.currentMore(work.current.length) : undefined}
        actions={<RunsLink href={runsHref({ agent: id, status: ACTIVE })}>{words.agent.runsNow}</RunsLink>}
      />
      <WorkCard
        title={words.agent.errors}
        none={words.agent.errorsNone}
        items={broken}
        columns={[RUN, STAGE, ERROR, WHEN]}
      />
      <WorkCard
        title={words.agent.recent}
        none={words.agent.recentNone}
        items={work?.recent}
        columns={[RUN, STAGE, ATTEMPT, STATE, TOOK, WHEN]}
        actions={<RunsLink href={runsHref({ agent: id })}>{words.agent.allRuns}</RunsLink>}
      />
    </>
  );
}

/** The list that has all of it. */
function RunsLink({ href, children }: { href: string; children: string }) {
  return (
    <Link href={href} className="text-sm text-accent hover:underline">
      {children}
    </Link>
  );
}

function WorkCard({
  title,
  none,
  items,
  columns,
  more,
  actions,
}: {
  title: string;
  none: string;
  items: readonly WorkItem[] | undefined;
  columns: readonly TableColumn<WorkItem>[];
  /** That there is more than is listed. */
  more?: string | undefined;
  actions?: ReactNode;
}) {
  return (
    <Card title={title} actions={actions} flush>
      {items && items.length > 0 ? (
        <Table label={title} columns={columns} rows={items} keyOf={keyOf} />
      ) : null}
      {more ? <p className="border-t border-line px-4 py-3 text-sm text-quiet">{more}</p> : null}
      {items?.length === 0 ? <p className="px-4 py-3 text-sm text-quiet">{none}</p> : null}
      {items ? null : <Skeleton label={words.loading} rows={2} />}
    </Card>
  );
}
