'use client';

import { useQuery } from '@tanstack/react-query';
import { PencilLine, Play, Workflow } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { parseAsBoolean, parseAsStringLiteral, useQueryState } from 'nuqs';
import { lazy, Suspense } from 'react';
import type { PipelineId } from '../../../server/domain/ids.ts';
import { query, useFresh } from '../../data/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { useKeys } from '../../shell/keys/index.ts';
import { isMissing, NoThing } from '../../shell/lost.tsx';
import { editorHref } from '../../shell/places.ts';
import { useMay } from '../../shell/use-may.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { Skeleton } from '../../ui/feedback.tsx';
import { patiently } from '../../ui/patiently.ts';
import { Card, Page, PageHead } from '../../ui/surface.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Ago, Chip, CopyText } from '../../ui/text.tsx';
import { RowMenu } from '../row-menu.tsx';
import { StarButton } from '../star-button.tsx';
import type { Pipeline, PipelineDetails } from '../types.ts';
import { words } from '../words.ts';
import { OverviewTab } from './overview-tab.tsx';
import { pageWords } from './words.ts';

// Each comes when it is asked for.
const RunDialog = lazy(
  patiently(() => import('../run/run-dialog.tsx').then((file) => ({ default: file.RunDialog }))),
);
const VersionsTab = lazy(
  patiently(() => import('./versions-tab.tsx').then((tab) => ({ default: tab.VersionsTab }))),
);
const SharingTab = lazy(
  patiently(() => import('./sharing-tab.tsx').then((tab) => ({ default: tab.SharingTab }))),
);

const TABS = ['overview', 'versions', 'sharing'] as const;
const LAST_RUNS = 20;
const UP = { label: pageWords.trail, href: '/pipelines' };

/** One pipeline: how it does, what it is, and all that can be done with it. */
export function PipelinePage({ id: given }: { id: string }) {
  const id = given as PipelineId;
  const whole = useQuery(query('pipelines.get', { id }));
  const listed = query('pipelines.list', { ids: [id], recent_runs: LAST_RUNS });
  const list = useQuery(listed);
  useFresh({ everything: true }, { keys: [listed.queryKey], everyMs: 1000 });
  const item = list.data?.pipelines[0];
  if (whole.data && item) return <Loaded pipeline={whole.data} item={item} />;
  if (whole.error && isMissing(whole.error)) return <NoThing title={pageWords.missing} up={UP} />;
  const isBroken = whole.error !== null || list.error !== null;
  return (
    <Page width="wide">
      <PageHead title={pageWords.title} trail={[UP]} />
      {isBroken ? (
        <Broken of={[whole, list]} />
      ) : (
        <Card flush>
          <Skeleton label={pageWords.loading} rows={12} />
        </Card>
      )}
    </Page>
  );
}

function Loaded({ pipeline, item }: { pipeline: PipelineDetails; item: Pipeline }) {
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(TABS).withDefault('overview'));
  const [isRunning, setRunning] = useQueryState('run', parseAsBoolean.withDefault(false));
  const contents = {
    overview: <OverviewTab pipeline={pipeline} item={item} />,
    versions: <VersionsTab pipeline={pipeline} />,
    sharing: <SharingTab pipeline={pipeline} />,
  };
  return (
    <Page width="wide">
      <PageHead
        trail={[UP]}
        title={
          <>
            <span className="-ml-1.5 flex">
              <StarButton pipeline={item} />
            </span>
            <span className="min-w-0 wrap-anywhere">{item.name}</span>
            <Chip>{item.version === null ? words.unpublished : words.version(item.version)}</Chip>
            {item.archived_at === null ? null : <Chip>{pageWords.archived}</Chip>}
          </>
        }
        note={<Facts item={item} />}
        actions={<Actions item={item} onRun={() => void setRunning(true)} />}
      />
      <Tabs
        label={pageWords.tabsLabel}
        value={tab}
        onChange={(next) => void setTab(next)}
        items={TABS.map((value) => ({
          value,
          label: pageWords.tabs[value],
          content:
            value === tab ? (
              <Suspense fallback={<Skeleton label={pageWords.loading} rows={6} />}>
                {contents[value]}
              </Suspense>
            ) : null,
        }))}
      />
      <Suspense fallback={null}>
        {isRunning ? <RunDialog id={item.id} onClose={() => void setRunning(null)} /> : null}
      </Suspense>
    </Page>
  );
}

function Actions({ item, onRun }: { item: Pipeline; onRun(): void }) {
  const may = useMay();
  const rights = {
    mayRun: may('run.operate'),
    mayEdit: may('pipeline.edit'),
    mayCreate: may('pipeline.create'),
  };
  const isLive = item.archived_at === null;
  const canEdit = isLive && rights.mayEdit;
  const canRun = isLive && rights.mayRun && item.version !== null;
  const { push } = useRouter();
  useKeys(pageWords.title, [
    { label: pageWords.keys.run, run: onRun, disabled: !canRun },
    { label: canEdit ? pageWords.keys.edit : pageWords.look, run: () => push(editorHref(item.id)) },
    { label: pageWords.keys.runs, run: () => push(`/runs?pipeline=${item.id}`) },
  ]);
  return (
    <>
      <LinkButton href={editorHref(item.id)} icon={canEdit ? PencilLine : Workflow}>
        {canEdit ? pageWords.edit : pageWords.look}
      </LinkButton>
      {isLive && rights.mayRun ? (
        <Button look="primary" icon={Play} disabled={!canRun} onClick={onRun}>
          {pageWords.run}
        </Button>
      ) : null}
      <RowMenu pipeline={item} rights={rights} onRun={onRun} />
    </>
  );
}

function Facts({ item }: { item: Pipeline }) {
  return (
    <div className="flex flex-col gap-1">
      {item.description === '' ? null : <p className="max-w-3xl wrap-anywhere">{item.description}</p>}
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <CopyText what={pageWords.what} text={item.id} shown={item.id.slice(0, 13)} />
        <span>{words.stages(item.stages)}</span>
        {item.owner === null ? null : <span>{pageWords.madeBy(item.owner.name)}</span>}
        <span>
          {pageWords.changed} <Ago at={item.updated_at} />
        </span>
        {item.tags.map((tag) => (
          <a
            key={tag}
            href={`/pipelines?tag=${encodeURIComponent(tag)}`}
            title={words.tag(tag)}
            className="text-accent hover:underline"
          >
            #{tag}
          </a>
        ))}
      </p>
    </div>
  );
}
