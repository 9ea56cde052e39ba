'use client';

import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Failure, useFailureSince } from '../shell/failure.tsx';
import { useKeys } from '../shell/keys/index.ts';
import { isMissing, NoThing } from '../shell/lost.tsx';
import { pipelineHref } from '../shell/places.ts';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { TimeChart } from '../ui/chart/index.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { Field, TextArea } from '../ui/field.tsx';
import { writeTimeRange } from '../ui/filter/index.ts';
import { Link } from '../ui/link.tsx';
import { StatusPill } from '../ui/status.tsx';
import { Card, Figure, Page, PageHead } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { Ago, Code, CopyText } from '../ui/text.tsx';
import { ZoneProvider } from '../ui/zone.ts';
import { decisionsOn, type ErrorGroup, lookOfError } from './error-look.ts';
import { endsOf, formatCount, stretchOf } from './format.ts';
import { keepOfSame } from './keep-of-same.ts';
import { LatestRuns } from './latest-runs.tsx';
import { placeInTime, runsHref } from './links.ts';
import { RangeAndZone } from './range-and-zone.tsx';
import { useLastAnswer } from './use-last-answer.ts';
import { type ScopeState, useScope } from './use-scope.ts';
import { words } from './words.ts';

type View = Answer<'analytics.error'>;

const said = words.errors;

/** One kind of failure: what it says, where and since when it comes up, and what is thought of it. */
export function ErrorPage({ id }: { id: string }) {
  const state = useScope();
  const error = useQuery({
    ...query('analytics.error', { ...state.scope, id }),
    placeholderData: keepOfSame(id),
  });
  const data = useLastAnswer(error, { what: `${id} ${state.what}` });
  const group = data?.group;
  const up = { label: words.title, href: `/analytics?tab=errors&${placeInTime(state.params)}` };
  if (!data && error.error && isMissing(error.error)) return <NoThing title={said.missing} up={up} />;
  return (
    <ZoneProvider value={state.zone}>
      <Page>
        <PageHead
          trail={[up]}
          title={
            group ? (
              <>
                {group.code}
                <StatusPill look={lookOfError(group)} />
              </>
            ) : (
              said.error
            )
          }
          note={group ? <Subtitle group={group} /> : undefined}
          actions={
            <>
              <RangeAndZone state={state} />
              {group ? <Decisions group={group} /> : null}
            </>
          }
        />
        <Broken of={error} />
        {data ? (
          <Body view={data} state={state} />
        ) : error.error ? null : (
          <Skeleton label={words.loading} rows={8} />
        )}
      </Page>
    </ZoneProvider>
  );
}

function Subtitle({ group }: { group: ErrorGroup }) {
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <span>
        {said.of(group.class)} {said.where(group.type)}
      </span>
      <CopyText text={group.id} what={said.error} />
      {group.decided_by === null ? null : <span>{said.decided(group.decided_by)}</span>}
      {group.note === '' ? null : <span className="text-text">{group.note}</span>}
    </span>
  );
}

function Body({ view, state }: { view: View; state: ScopeState }) {
  const { group, range } = view;
  const href = runsHref({ ...state.link, group: group.id, ended: range });
  return (
    <div className="flex flex-col gap-5">
      <div className="grid grid-cols-2 gap-3 max-sm:*:last:col-span-2 sm:grid-cols-3">
        <Figure
          label={said.runs}
          value={formatCount(group.runs)}
          note={said.before(formatCount(group.runs_before))}
          href={href}
        />
        <Figure label={said.first} value={<Ago at={group.first_seen} />} />
        <Figure label={said.last} value={<Ago at={group.last_seen} />} />
      </div>
      <Card title={said.message}>
        <Code label={said.message}>{group.message}</Code>
      </Card>
      <Trend group={group} state={state} />
      <Card title={said.places} flush>
        <Table
          label={said.places}
          rows={group.places}
          keyOf={({ version_id }) => version_id}
          columns={placesOf(view, state)}
        />
      </Card>
      <LatestRuns group={group.id} href={href} count={group.runs} />
    </div>
  );
}

type Place = ErrorGroup['places'][number];

function placesOf({ group, range }: View, state: ScopeState): TableColumn<Place>[] {
  return [
    {
      key: 'pipeline',
      title: words.filters.pipeline,
      cell: ({ pipeline_id: id, pipeline_name: name }) =>
        id === null ? (
          words.stages.alone
        ) : (
          <Link href={pipelineHref(id)} className="font-medium hover:underline">
            {name ?? id}
          </Link>
        ),
    },
    {
      key: 'version',
      title: said.version,
      cell: ({ version }) => (version === null ? words.figures.none : `v${version}`),
    },
    {
      key: 'runs',
      title: said.runs,
      align: 'end',
      cell: ({ pipeline_id: pipeline, version, runs }) => (
        <Link
          href={runsHref({ ...state.link, group: group.id, ended: range, pipeline, version })}
          className="hover:underline"
        >
          {formatCount(runs)}
        </Link>
      ),
    },
  ];
}

function Trend({ group, state }: { group: ErrorGroup; state: ScopeState }) {
  const router = useRouter();
  const { formatStretch, tickFormat } = state.clock;
  const stretches = group.trend.map(stretchOf);
  // The first and the last may be shorter than the others.
  const whole = stretches[1];
  return (
    <Card title={said.trendOf}>
      <TimeChart
        label={said.trendOf}
        kind="bars"
        unit="count"
        stretches={stretches}
        series={[
          {
            ...{ key: 'runs', label: said.runs, tone: 'bad', style: 'crossed' },
            values: group.trend.map(({ runs }) => runs),
          },
        ]}
        formatValue={formatCount}
        formatStretch={formatStretch}
        formatTick={tickFormat(whole ? whole.to - whole.from : null)}
        onOpen={(stretch) =>
          router.push(runsHref({ ...state.link, group: group.id, ended: endsOf(stretch) }))
        }
        onZoom={({ from, to }) =>
          state.set({ range: writeTimeRange({ from: new Date(from), to: new Date(to) }) })
        }
      />
    </Card>
  );
}

function Decisions({ group }: { group: ErrorGroup }) {
  const may = useMay();
  const [wanted, setWanted] = useState<ErrorGroup['status']>();
  const [note, setNote] = useState('');
  const decide = useAct('analytics.decide', {
    done: (_, input) => said.decide.done[input.status],
    inDialog: wanted !== undefined,
    onDone() {
      setNote('');
      setWanted(undefined);
    },
  });
  const failure = useFailureSince(wanted !== undefined, decide.error);
  const decisions = may('run.operate') ? decisionsOn(group) : [];
  useKeys(
    said.error,
    decisions.map((decision) => ({
      ...{ label: `${said.decide[decision]}: ${group.code}`, leads: true, disabled: decide.isBusy },
      run: () => setWanted(decision),
    })),
  );
  if (!may('run.operate')) return null;
  return (
    <>
      {decisions.map((decision) => (
        <Button key={decision} busy={decide.isBusy} onClick={() => setWanted(decision)}>
          {said.decide[decision]}
        </Button>
      ))}
      <Dialog
        open={wanted !== undefined}
        onOpenChange={(isOpen) => (isOpen ? undefined : setWanted(undefined))}
        title={`${said.decide[wanted ?? 'open']}: ${group.code}`}
        actions={
          <Button
            look="primary"
            busy={decide.isBusy}
            onClick={() => {
              if (wanted) decide.run({ id: group.id, status: wanted, note });
            }}
          >
            {said.decide[wanted ?? 'open']}
          </Button>
        }
      >
        <Field label={said.decide.note} hint={said.decide.noteHint}>
          <TextArea value={note} onChange={setNote} maxLength={1000} rows={3} />
        </Field>
        <Failure of={failure} />
      </Dialog>
    </>
  );
}
