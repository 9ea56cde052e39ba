'use client';

import { Download, Lock, ScrollText, ShieldCheck } from 'lucide-react';
import { parseAsInteger, useQueryState } from 'nuqs';
import { useRef } from 'react';
import { Broken } from '../shell/broken.tsx';
import { useKeys } from '../shell/keys/index.ts';
import { usePages } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/feedback.tsx';
import { FilterBar } from '../ui/filter/index.ts';
import { formatMoment } from '../ui/format.ts';
import { DataGrid, type GridColumn, type GridHandle } from '../ui/grid/index.ts';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { Card, Page, PageHead } from '../ui/surface.tsx';
import { type Entry, EntryDrawer, nameOf } from './entry-drawer.tsx';
import { FILTERS, useAuditFilters } from './use-audit-filters.ts';
import { words } from './words.ts';

type Filters = ReturnType<typeof useAuditFilters>;

export function AuditPage() {
  const may = useMay();
  const filters = useAuditFilters();
  return (
    <Page width="wide" fill>
      <PageHead
        title={words.title}
        note={words.note}
        actions={may('audit.read') ? <Actions filters={filters} /> : undefined}
      />
      {may('audit.read') ? (
        <Log filters={filters} />
      ) : (
        <Card>
          <Empty icon={Lock} title={words.notYours}>
            {words.notYoursNote}
          </Empty>
        </Card>
      )}
    </Page>
  );
}

function Actions({ filters }: { filters: Filters }) {
  const verify = useAct('audit.verify', {
    refresh: [],
    done: ({ fault, entries, checkpoints }) =>
      fault
        ? `${words.broken(fault.seq, fault.problem)} ${words.brokenAdvice}`
        : words.sound(entries, checkpoints),
  });
  return (
    <>
      <Button icon={ShieldCheck} busy={verify.isBusy} onClick={() => verify.run({})}>
        {words.verify}
      </Button>
      <ExportMenu filters={filters} />
    </>
  );
}

/** What the list shows: all of it, or what it is narrowed to. */
function ExportMenu({ filters: { input, isNarrowed } }: { filters: Filters }) {
  const label = isNarrowed ? words.exportThese : words.exportAll;
  return (
    <Menu align="end" trigger={<Button icon={Download}>{words.export}</Button>}>
      {(['csv', 'jsonl'] as const).map((format) => (
        <MenuItem
          key={format}
          label={label[format]}
          // A link and not a request: the browser stores what comes, under the name that it is given.
          onSelect={() =>
            window.location.assign(`/api/v1/audit/export?${new URLSearchParams({ ...input, format })}`)
          }
        />
      ))}
    </Menu>
  );
}

function Log({ filters: { values, input, isNarrowed, set, clear } }: { filters: Filters }) {
  const [shown, setShown] = useQueryState('entry', parseAsInteger);
  const grid = useRef<GridHandle>(null);
  useKeys(words.title, [
    { keys: 'j', label: words.keys.next, run: () => grid.current?.move(1) },
    { keys: 'k', label: words.keys.previous, run: () => grid.current?.move(-1) },
    { keys: 'enter', label: words.keys.open, run: () => grid.current?.open() },
  ]);
  const list = usePages('audit.list', { ...input, limit: 100 }, (page) => page.entries);
  const only = (key: 'action' | 'target' | 'actor', value: string | null) =>
    value === null ? undefined : { hint: words.only(value), apply: () => set({ [key]: value }) };
  return (
    <div className="flex min-h-0 shrink-[9999] flex-col gap-3">
      <FilterBar
        filters={FILTERS}
        values={values}
        onChange={(key, value) => set({ [key]: typeof value === 'string' ? value : null })}
        onClear={clear}
      />
      <Broken of={list} />
      <Card flush fill>
        <DataGrid
          ref={grid}
          fill
          label={words.title}
          columns={columnsOf(only)}
          rows={list.rows}
          keyOf={(entry) => String(entry.seq)}
          onOpen={(entry) => void setShown(entry.seq)}
          hasMore={list.hasNextPage}
          onEnd={() => void list.fetchNextPage()}
          empty={
            isNarrowed ? (
              <Empty
                icon={ScrollText}
                title={words.noneMatch}
                action={<Button onClick={clear}>{words.clear}</Button>}
              />
            ) : (
              <Empty icon={ScrollText} title={words.none} />
            )
          }
        />
      </Card>
      {shown === null || list.isPending ? null : (
        <EntryDrawer
          key={shown}
          seq={shown}
          listed={list.rows?.find((entry) => entry.seq === shown)}
          onClose={() => void setShown(null)}
        />
      )}
    </div>
  );
}

type Only = (
  key: 'action' | 'target' | 'actor',
  value: string | null,
) => { hint: string; apply(): void } | undefined;

function columnsOf(only: Only): GridColumn<Entry>[] {
  return [
    {
      key: 'at',
      title: words.columns.at,
      width: '13rem',
      cell: ({ at }) => <span className="tabular-nums">{formatMoment(at)}</span>,
    },
    {
      key: 'actor',
      title: words.columns.actor,
      width: 'minmax(8rem,1fr)',
      cell: ({ actor }) => nameOf(actor),
      filter: ({ actor }) => only('actor', typeof actor.id === 'string' ? actor.id : null),
    },
    {
      key: 'action',
      title: words.columns.action,
      width: '14rem',
      onPhone: 'lead',
      cell: ({ action }) => <span className="font-mono text-xs">{action}</span>,
      filter: ({ action }) => only('action', action),
    },
    {
      key: 'target',
      title: words.columns.target,
      width: 'minmax(10rem,2fr)',
      cell: ({ target }) => <span className="font-mono text-xs text-quiet">{target}</span>,
      filter: ({ target }) => only('target', target),
    },
    {
      key: 'from',
      title: words.columns.from,
      width: '9rem',
      wideOnly: true,
      cell: ({ address }) => <span className="text-quiet">{address}</span>,
    },
  ];
}
