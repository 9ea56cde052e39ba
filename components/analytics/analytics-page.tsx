'use client';

import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { query } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Switch } from '../ui/choice.tsx';
import { FilterBar } from '../ui/filter/index.ts';
import { formatMoment } from '../ui/format.ts';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { Page, PageHead } from '../ui/surface.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { ZoneProvider } from '../ui/zone.ts';
import { AgentsTab } from './agents-tab.tsx';
import { ErrorsTab } from './errors-tab.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { RangeAndZone } from './range-and-zone.tsx';
import { StagesTab } from './stages-tab.tsx';
import { type ScopeState, SERIES_BUCKETS, TABS, type Tab, useScope } from './use-scope.ts';
import { words } from './words.ts';

const CONTENT: Record<Tab, (props: { state: ScopeState }) => React.ReactNode> = {
  overview: OverviewTab,
  stages: StagesTab,
  agents: AgentsTab,
  errors: ErrorsTab,
};

export function AnalyticsPage() {
  const state = useScope();
  const { params, set, filters } = state;
  return (
    <ZoneProvider value={state.zone}>
      <Page width="wide">
        <PageHead
          title={words.title}
          note={<CountedUntil state={state} />}
          actions={
            <>
              <Switch
                label={words.compare}
                checked={params.compare}
                onChange={(compare) => set({ compare })}
              />
              <ExportMenu state={state} />
              <RangeAndZone state={state} />
            </>
          }
        />
        <div className="mb-3">
          <FilterBar
            filters={filters.filter(({ key }) => key !== 'version' || params.pipeline !== null)}
            values={{
              pipeline: params.pipeline,
              version: params.version,
              agent: params.agent,
              tag: params.tag,
            }}
            onChange={(key, value) => set(changeOf(key, typeof value === 'string' ? value : null))}
            onClear={() => set({ pipeline: null, version: null, agent: null, tag: null })}
          />
        </div>
        <Tabs
          label={words.title}
          value={params.tab}
          onChange={(tab) => set({ tab })}
          items={TABS.map((tab) => {
            const Content = CONTENT[tab];
            return { value: tab, label: words.tabs[tab], content: <Content state={state} /> };
          })}
        />
      </Page>
    </ZoneProvider>
  );
}

type Filters = Pick<ScopeState['params'], 'pipeline' | 'version' | 'agent' | 'tag'>;

/** A version is one of its pipeline; figures are kept by agent and by tag, and not by both. */
function changeOf(key: string, value: string | null): Partial<Filters> {
  const alone: Record<string, Partial<Filters>> = {
    pipeline: { version: null },
    agent: value === null ? {} : { tag: null },
    tag: value === null ? {} : { agent: null },
  };
  return { ...alone[key], [key]: value };
}

function CountedUntil({ state }: { state: ScopeState }) {
  const { data } = useQuery(query('analytics.overview', { ...state.scope, buckets: SERIES_BUCKETS }));
  const until = data?.counted_until;
  if (!data) return <span className="text-sm">{words.note}</span>;
  return (
    <span className="text-sm">
      {until ? `${words.countedUntil} ${formatMoment(until, state.zone)}.` : words.stillCounting}
    </span>
  );
}

function ExportMenu({ state: { scope, params } }: { state: ScopeState }) {
  const what = params.tab === 'overview' ? 'series' : params.tab;
  const download = (format: 'csv' | 'json') => {
    const given = Object.entries(scope).flatMap(([name, value]) =>
      value == null ? [] : [[name, String(value)]],
    );
    const search = new URLSearchParams([...given, ['what', what], ['format', format]]);
    // A link and not a request: the browser stores what comes, under the name that it is given.
    window.location.assign(`/api/v1/analytics/export?${search}`);
  };
  return (
    <Menu align="end" trigger={<Button icon={Download}>{words.export}</Button>}>
      {(['csv', 'json'] as const).map((format) => (
        <MenuItem
          key={format}
          label={`${words.exports[params.tab]} ${words.exportAs[format]}`}
          onSelect={() => download(format)}
        />
      ))}
    </Menu>
  );
}
