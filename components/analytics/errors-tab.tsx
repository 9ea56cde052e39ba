'use client';

import { useQuery } from '@tanstack/react-query';
import { Bug } from 'lucide-react';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Button } from '../ui/button.tsx';
import { Sparkline } from '../ui/chart/index.ts';
import { Segments } from '../ui/choice.tsx';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { Ago } from '../ui/text.tsx';
import { Changed } from './changed.tsx';
import { type ErrorGroup, lookOfError } from './error-look.ts';
import { First } from './first.tsx';
import { changeOfCount, formatCount } from './format.ts';
import { placeInTime, runsHref } from './links.ts';
import { WaysOn } from './nothing.tsx';
import { useLastAnswer } from './use-last-answer.ts';
import { type ScopeState, STATUSES } from './use-scope.ts';
import { words } from './words.ts';

type View = Answer<'analytics.errors'>;

const said = words.errors;

/** Failures by their kind: what breaks most, since when, and whether somebody is at it. */
export function ErrorsTab({ state }: { state: ScopeState }) {
  const { errors: wanted } = state.params;
  const errors = useQuery({
    ...query('analytics.errors', { ...state.scope, ...(wanted === 'all' ? {} : { status: [wanted] }) }),
    placeholderData: (before) => before,
  });
  const data = useLastAnswer(errors, state);
  if (errors.error && !data) return <Broken of={errors} />;
  return (
    <Card
      flush
      title={said.label}
      actions={
        <Segments
          label={said.show}
          value={wanted}
          choices={STATUSES.map((value) => ({
            value,
            label: value === 'all' ? said.all : said.statuses[value],
          }))}
          onChange={(next) => state.set({ errors: next })}
        />
      }
    >
      <div className="px-4">
        <Broken of={errors} />
      </div>
      {data ? <Groups view={data} state={state} /> : <Skeleton label={words.loading} rows={8} />}
    </Card>
  );
}

function Groups({ view, state }: { view: View; state: ScopeState }) {
  if (view.groups.length > 0)
    return (
      <>
        <Table
          label={said.label}
          rows={view.groups}
          keyOf={({ id }) => id}
          columns={columnsOf(view, state)}
        />
        <First shown={view.groups.length} of={view.total} />
      </>
    );
  const { errors: wanted } = state.params;
  if (wanted === 'all')
    return (
      <Empty icon={Bug} title={said.none} action={<WaysOn state={state} />}>
        {said.noneHint}
      </Empty>
    );
  return (
    <Empty
      icon={Bug}
      title={said.noneMatches[wanted]}
      action={<Button onClick={() => state.set({ errors: 'all' })}>{said.showAll}</Button>}
    >
      {said.noneHint}
    </Empty>
  );
}

function columnsOf(view: View, state: ScopeState): TableColumn<ErrorGroup>[] {
  const hrefOf = ({ id }: ErrorGroup) => runsHref({ ...state.link, group: id, ended: view.range });
  return [
    {
      key: 'error',
      title: said.error,
      cell: (group) => (
        <Link
          href={`/analytics/errors/${group.id}?${placeInTime(state.params)}`}
          className="group block py-1.5"
        >
          <span className="block truncate font-medium group-hover:underline">{group.message}</span>
          <span className="block truncate text-xs text-quiet">
            <span className="font-mono">{group.code}</span> {said.where(group.type)}
          </span>
        </Link>
      ),
    },
    {
      key: 'runs',
      title: said.runs,
      align: 'end',
      cell: (group) => (
        <Link href={hrefOf(group)} className="hover:underline">
          {formatCount(group.runs)}
        </Link>
      ),
    },
    ...(state.params.compare
      ? [
          {
            key: 'change',
            title: said.change,
            wideOnly: true,
            cell: ({ runs, runs_before }: ErrorGroup) => (
              <Changed inTable change={changeOfCount(runs, runs_before, true)} />
            ),
          },
        ]
      : []),
    {
      key: 'trend',
      title: said.trend,
      wideOnly: true,
      cell: ({ trend, message }) => (
        <span className="block h-6 w-28">
          <Sparkline label={`${said.trend}: ${message}`} values={trend.map(({ runs }) => runs)} tone="bad" />
        </span>
      ),
    },
    { key: 'last', title: said.last, cell: ({ last_seen }) => <Ago at={last_seen} /> },
    { key: 'first', title: said.first, wideOnly: true, cell: ({ first_seen }) => <Ago at={first_seen} /> },
    {
      key: 'status',
      title: said.status,
      onPhone: 'side',
      cell: (group) => <StatusText look={lookOfError(group)} />,
    },
  ];
}
