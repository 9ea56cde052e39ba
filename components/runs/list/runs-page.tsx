'use client';

import { History, RotateCcw, SearchX } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { parseAsString, useQueryState } from 'nuqs';
import { lazy, type RefObject, Suspense, useRef, useState } from 'react';
import { useKeys } from '../../shell/keys/index.ts';
import { useMay } from '../../shell/use-may.ts';
import { usePlaceInList } from '../../shell/use-place-in-list.ts';
import { Button } from '../../ui/button.tsx';
import { Empty, Notice } from '../../ui/feedback.tsx';
import { FilterBar, writeTimeRange } from '../../ui/filter/index.ts';
import { ColumnMenu, DataGrid, type GridHandle } from '../../ui/grid/index.ts';
import { patiently } from '../../ui/patiently.ts';
import { Card, Page, PageHead } from '../../ui/surface.tsx';
import { isZone, ZoneProvider, zoneName } from '../../ui/zone.ts';
import { compareHref } from '../compare-href.ts';
import { type BulkAction, words } from '../words.ts';
import type { BulkRequest } from './bulk-dialog.tsx';
import { runColumns } from './columns.tsx';
import { DurationChart } from './duration-chart.tsx';
import { failedOf, isFiltered, runFilters } from './filters.ts';
import { MatchingMenu, SelectionBar } from './selection-bar.tsx';
import { useListState, useNames } from './use-list-state.ts';
import { useRuns } from './use-runs.ts';
import { useSelection } from './use-selection.ts';
import { Views } from './views.tsx';

// It comes when it is asked for: the first page is the list's alone.
const BulkDialog = lazy(
  patiently(() => import('./bulk-dialog.tsx').then((file) => ({ default: file.BulkDialog }))),
);

/** In the zone of the address, which whoever comes from figures of that zone brings along. */
export function RunsPage() {
  const [wanted, setZone] = useQueryState('zone', parseAsString);
  const zone = wanted !== null && isZone(wanted) ? wanted : undefined;
  return (
    <ZoneProvider value={zone}>
      <Runs zone={zone} onOwnZone={() => void setZone(null)} />
    </ZoneProvider>
  );
}

function Runs({ zone, onOwnZone }: { zone: string | undefined; onOwnZone(): void }) {
  const state = useListState();
  const runs = useRuns({ ...state.filter, sort: state.sort.key, order: state.sort.order });
  const names = useNames(runs.rows ?? []);
  const [selected, setSelected] = useSelection(runs.rows);
  const [request, setRequest] = useState<BulkRequest>();
  const mayOperate = useMay()('run.operate');
  const columns = runColumns({ nameOf: names.nameOf, filterBy: state.setFilter });
  const filters = runFilters(names.pipelines, names.agents);
  const onSelected = (action: BulkAction) => setRequest({ action, target: { ids: [...selected] } });
  const compare = useCompare(selected);
  const grid = useRef<GridHandle>(null);
  const clear = () => {
    // The bar goes, and the focus would go with it.
    if (document.activeElement?.closest('[role=toolbar]')) grid.current?.focus();
    setSelected(new Set());
  };
  useListKeys(grid, { selected, clear, onSelected, compare, mayOperate });
  return (
    <Page width="wide" fill>
      <PageHead
        title={words.title}
        actions={mayOperate ? <Actions state={state} onAsk={setRequest} /> : null}
      />
      <Views state={state} />
      <Card flush fill>
        <div className="border-b border-line p-2">
          <FilterBar filters={filters} values={state.params} onChange={state.setFilter} onClear={state.clear}>
            <NewerButton runs={runs} onShow={state.anew} />
            <ColumnMenu columns={columns.slice(1)} hidden={state.hidden} onChange={state.setHidden} />
          </FilterBar>
        </div>
        {zone === undefined ? null : <OtherZone zone={zone} onOwn={onOwnZone} />}
        <Lost of={filters.filter(({ key }) => (state.lost as string[]).includes(key))} />
        {runs.rows?.length === 0 || (runs.error && !runs.rows) ? null : (
          <DurationChart
            rows={runs.rows ?? []}
            onRange={(from, to) => state.setFilter('created', writeTimeRange({ from, to }))}
          />
        )}
        {runs.error ? (
          <div className="px-4">
            <Notice
              message={runs.error.message}
              advice={runs.error.advice}
              action={<Button onClick={runs.retry}>{words.tryAgain}</Button>}
            />
          </div>
        ) : null}
        {runs.error && !runs.rows ? null : (
          <List {...{ state, runs, columns, selected, setSelected, grid }} />
        )}
      </Card>
      <SelectionBar
        count={selected.size}
        onAct={mayOperate ? onSelected : undefined}
        onCompare={compare}
        onClear={clear}
      />
      <Suspense>
        {request ? <BulkDialog request={request} onClose={() => setRequest(undefined)} /> : null}
      </Suspense>
    </Page>
  );
}

/** Times that are not those of the clock on the wall are said to be so. */
function OtherZone({ zone, onOwn }: { zone: string; onOwn(): void }) {
  return (
    <p className="flex flex-wrap items-center gap-x-3 border-b border-line px-4 py-1.5 text-sm text-quiet">
      {words.timesOf(zoneName(zone))}
      <button type="button" onClick={onOwn} className="text-accent hover:underline">
        {words.ownZone}
      </button>
    </p>
  );
}

/** What stands in the address and could not be asked for: the list is longer than somebody may think. */
function Lost({ of }: { of: readonly { key: string; label: string }[] }) {
  if (of.length === 0) return null;
  return (
    <p role="status" className="border-b border-line bg-warn-soft px-4 py-2 text-sm">
      {words.lostFilters(of.map(({ label }) => label))}{' '}
      {of.some(({ key }) => key === 'version') ? words.versionNeedsPipeline : null}
    </p>
  );
}

type State = ReturnType<typeof useListState>;
type RunList = ReturnType<typeof useRuns>;

function Actions({ state, onAsk }: { state: State; onAsk(request: BulkRequest): void }) {
  const { filter } = state;
  const failed = failedOf(filter);
  return (
    <>
      {isFiltered(state.params) ? (
        <MatchingMenu filter={filter} onAct={(action) => onAsk({ action, target: { filter } })} />
      ) : null}
      <Button
        icon={RotateCcw}
        disabled={!failed}
        title={failed ? undefined : words.listsNoFailed}
        onClick={() => failed && onAsk({ action: 'replay', target: { filter: failed } })}
      >
        {words.replayFailed}
      </Button>
    </>
  );
}

function NewerButton({ runs, onShow }: { runs: RunList; onShow(): void }) {
  const show = () => {
    onShow();
    runs.retry();
  };
  return (
    <span role="status" className="flex">
      {runs.newer === 0 ? null : (
        <Button size="sm" look="primary" onClick={show}>
          {words.newer(runs.newer, runs.isNewerMore)}
        </Button>
      )}
    </span>
  );
}

interface ListProps {
  state: State;
  runs: RunList;
  columns: ReturnType<typeof runColumns>;
  selected: ReadonlySet<string>;
  setSelected(selected: ReadonlySet<string>): void;
  grid: RefObject<GridHandle | null>;
}

function List({ state, runs, columns, selected, setSelected, grid }: ListProps) {
  const router = useRouter();
  const place = usePlaceInList(
    'runs',
    runs.rows?.map(({ id }) => id),
  );
  const selection = { keys: selected, onChange: setSelected, labelOf: words.select };
  return (
    <DataGrid
      ref={grid}
      fill
      label={words.title}
      columns={columns.filter(({ key }) => !state.hidden.includes(key))}
      rows={runs.rows}
      keyOf={({ id }) => id}
      onOpen={({ id }) => router.push(`/runs/${id}`)}
      place={place}
      selection={selection}
      sort={state.sort}
      onSort={state.setSort}
      hasMore={runs.hasMore}
      onEnd={runs.more}
      empty={<Nothing state={state} />}
    />
  );
}

function Nothing({ state }: { state: State }) {
  const router = useRouter();
  if (isFiltered(state.params)) {
    return (
      <Empty
        icon={SearchX}
        title={words.noMatch}
        action={<Button onClick={state.clear}>{words.clear}</Button>}
      >
        {words.noMatchWhy}
      </Empty>
    );
  }
  return (
    <Empty
      icon={History}
      title={words.none}
      action={<Button onClick={() => router.push('/pipelines')}>{words.toPipelines}</Button>}
    >
      {words.noneWhy}
    </Empty>
  );
}

/** The two that are ticked side by side, if they are two. */
function useCompare(selected: ReadonlySet<string>): (() => void) | undefined {
  const router = useRouter();
  const [one, other] = selected;
  if (selected.size !== 2 || one === undefined || other === undefined) return undefined;
  return () => router.push(compareHref(one, other));
}

interface ListKeys {
  selected: ReadonlySet<string>;
  clear(): void;
  onSelected(action: BulkAction): void;
  compare: (() => void) | undefined;
  mayOperate: boolean;
}

function useListKeys(
  grid: RefObject<GridHandle | null>,
  { selected, clear, onSelected, compare, mayOperate }: ListKeys,
): void {
  const isOff = selected.size === 0 || !mayOperate;
  const { keys } = words;
  useKeys(words.title, [
    // First what is about the ticked ones: of what cannot be done now the palette says nothing.
    { keys: 'r', label: keys.replay, run: () => onSelected('replay'), disabled: isOff },
    { keys: 'c', label: keys.cancel, run: () => onSelected('cancel'), disabled: isOff },
    ...(['retry', 'pause', 'resume'] as const).map((action) => ({
      label: words.keys.ticked(action),
      run: () => onSelected(action),
      disabled: isOff,
    })),
    { label: keys.compare, run: () => compare?.(), disabled: !compare },
    { keys: 'esc', label: words.unselect, run: clear, disabled: selected.size === 0 },
    { keys: ['j', 'down'], label: keys.next, run: () => grid.current?.move(1) },
    { keys: ['k', 'up'], label: keys.previous, run: () => grid.current?.move(-1) },
    { keys: 'enter', label: keys.open, run: () => grid.current?.open() },
    { keys: 'x', label: keys.tick, run: () => grid.current?.toggle() },
    { keys: 'shift+x', label: keys.tickRange, run: () => grid.current?.toggle(true) },
  ]);
}
