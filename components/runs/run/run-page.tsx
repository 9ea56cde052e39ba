'use client';

import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { lazy, Suspense, useEffect, useEffectEvent, useState } from 'react';
import { isRunOver } from '../../../server/domain/statuses.ts';
import { Broken } from '../../shell/broken.tsx';
import { useKeys } from '../../shell/keys/index.ts';
import { isMissing, NoThing } from '../../shell/lost.tsx';
import { ProgressBar, Skeleton } from '../../ui/feedback.tsx';
import { patiently } from '../../ui/patiently.ts';
import { Card, Page, PageHead } from '../../ui/surface.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { words } from '../words.ts';
import { FailNotice } from './fail-notice.tsx';
import { RunHead } from './run-head.tsx';
import { runWords } from './run-words.ts';
import { StageDrawer } from './stage/stage-drawer.tsx';
import { RUN_TABS, type RunTab, showsTimeline } from './tabs.ts';
import { type Attempt, type Run, useRun } from './use-run.ts';
import { isForPeople, WaitNotice } from './wait-notice.tsx';

// Each comes when it is asked for.
const loadTimeline = patiently(() =>
  import('./timeline/timeline.tsx').then((tab) => ({ default: tab.Timeline })),
);
const Timeline = lazy(loadTimeline);
// With this part itself, on a page that shows it at once: after hydration it would come late by all that hydration takes.
if (typeof window !== 'undefined' && showsTimeline(window.location)) loadTimeline().catch(() => undefined);
const GraphTab = lazy(
  patiently(() => import('./graph/graph-tab.tsx').then((tab) => ({ default: tab.GraphTab }))),
);
const LogsTab = lazy(
  patiently(() => import('./logs/logs-tab.tsx').then((tab) => ({ default: tab.LogsTab }))),
);
const EventsTab = lazy(
  patiently(() => import('./events/events-tab.tsx').then((tab) => ({ default: tab.EventsTab }))),
);
const DataTab = lazy(
  patiently(() => import('./data/data-tab.tsx').then((tab) => ({ default: tab.DataTab }))),
);
const AttemptsTab = lazy(
  patiently(() => import('./attempts-tab.tsx').then((tab) => ({ default: tab.AttemptsTab }))),
);
const WorkspaceTab = lazy(
  patiently(() => import('../../workspace/index.ts').then((tab) => ({ default: tab.WorkspaceTab }))),
);
const AskedOfRun = lazy(
  patiently(() => import('../../mcp/index.ts').then((part) => ({ default: part.AskedOfRun }))),
);
const ReportTab = lazy(
  patiently(() => import('./report-tab.tsx').then((tab) => ({ default: tab.ReportTab }))),
);

const UP = { label: words.title, href: '/runs' };

export function RunPage({ id }: { id: string }) {
  const { asked, ...loaded } = useRun(id);
  const [tab] = useTab();
  useEffect(() => {
    // Beside the run itself, not after it.
    if (tab === 'timeline') loadTimeline().catch(() => undefined);
  }, [tab]);
  if (loaded.run) return <Loaded {...loaded} run={loaded.run} />;
  if (asked.error && isMissing(asked.error)) return <NoThing title={runWords.missing} up={UP} />;
  return (
    <Page width="wide">
      <PageHead trail={[UP]} title={runWords.title} />
      {asked.error ? (
        <Broken of={asked} />
      ) : (
        <Card flush>
          <Skeleton label={runWords.loading} rows={12} />
        </Card>
      )}
    </Page>
  );
}

const useTab = () => useQueryState('tab', parseAsStringLiteral(RUN_TABS).withDefault('timeline'));

interface LoadedProps {
  run: Run;
  attempts: readonly Attempt[];
  /** Than `attempts` has. */
  hasMoreAttempts: boolean;
}

function Loaded({ run, attempts, hasMoreAttempts }: LoadedProps) {
  const [tab, setTab] = useTab();
  const [stageKey, setStageKey] = useQueryState('stage', parseAsString);
  const [isToPrint, setToPrint] = useState(false);
  const [, setLogsOf] = useQueryState('in', parseAsString);
  const stage = run.stages.find(({ key }) => key === stageKey);
  useTaskOfAddress(run, setStageKey);
  useStageKeys({ run, tab, stageKey, setStageKey: (key) => void setStageKey(key) });
  const openLogs = (key: string) => {
    void setLogsOf(key);
    void setStageKey(null);
    void setTab('logs');
  };
  const select = (key: string | null) => void setStageKey(key);
  const print = () => {
    setToPrint(true);
    void setTab('report');
  };
  // The browser itself would print the open tab, and of a long list only what is in view.
  useKeys(runWords.title, [
    { keys: 'mod+p', label: runWords.actions.print, run: print },
    ...RUN_TABS.map((each) => ({
      label: runWords.keys.tab(runWords.tabs[each]),
      run: () => void setTab(each),
      disabled: each === tab,
    })),
  ]);
  const contents: Record<RunTab, React.ReactNode> = {
    timeline: <Timeline {...{ run, attempts, hasMoreAttempts }} selected={stageKey} onSelect={select} />,
    graph: <GraphTab run={run} selected={stageKey} onSelect={select} />,
    logs: <LogsTab run={run} />,
    events: <EventsTab run={run} />,
    data: <DataTab run={run} />,
    attempts: <AttemptsTab run={run} />,
    workspace: <WorkspaceTab run={run} />,
    report: <ReportTab run={run} isToPrint={isToPrint} onPrinted={() => setToPrint(false)} />,
  };
  return (
    <Page width="wide">
      <RunHead run={run} stageKey={stageKey} onPrint={print} />
      {isRunOver(run.status) ? null : (
        <div className="mb-5">
          <ProgressBar label={runWords.progress} value={Math.round(run.progress * 100) / 100} />
        </div>
      )}
      <WaitNotice run={run} onOpen={(key) => void setStageKey(key)} />
      {run.stages.some(({ waiting }) => waiting && isForPeople(waiting.code)) ? (
        <Suspense fallback={null}>
          <AskedOfRun runId={run.id} />
        </Suspense>
      ) : null}
      <FailNotice run={run} onOpen={select} />
      <Tabs
        label={runWords.tabsLabel}
        value={tab}
        onChange={(next) => void setTab(next)}
        items={RUN_TABS.map((value) => ({
          value,
          label: runWords.tabs[value],
          content:
            value === tab ? (
              <Suspense fallback={<Skeleton label={runWords.loading} rows={10} />}>
                {contents[value]}
              </Suspense>
            ) : null,
        }))}
      />
      <StageDrawer {...{ run, stage }} onClose={() => void setStageKey(null)} onLogs={openLogs} />
    </Page>
  );
}

/** Ids of tasks hold the place of their stage, and no key: whoever comes by one finds that stage open. */
function useTaskOfAddress(run: Run, setStageKey: (key: string) => Promise<unknown>) {
  const [place, setPlace] = useQueryState('task', parseAsInteger);
  const key = run.stages.find(({ stage }) => stage === place)?.key;
  const open = useEffectEvent((found: string) => {
    void setPlace(null);
    void setStageKey(found);
  });
  useEffect(() => {
    if (key !== undefined) open(key);
  }, [key]);
}

function useStageKeys({
  run,
  tab,
  stageKey,
  setStageKey,
}: {
  run: Run;
  tab: RunTab;
  stageKey: string | null;
  setStageKey(key: string | null): void;
}) {
  const at = run.stages.findIndex(({ key }) => key === stageKey);
  const move = (by: number) => {
    const next = run.stages[at === -1 ? (by > 0 ? 0 : run.stages.length - 1) : at + by];
    if (next) setStageKey(next.key);
  };
  // Where no stages are drawn the arrows are for reading.
  const arrows = tab === 'timeline' || tab === 'graph';
  const { keys } = runWords;
  useKeys(runWords.title, [
    { keys: arrows ? ['j', 'down'] : 'j', label: keys.next, run: () => move(1) },
    { keys: arrows ? ['k', 'up'] : 'k', label: keys.previous, run: () => move(-1) },
    { keys: 'esc', label: keys.close, run: () => setStageKey(null), disabled: stageKey === null },
  ]);
}
