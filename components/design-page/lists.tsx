'use client';

import { CircleDot, Clock, Search, Timer } from 'lucide-react';
import { useState } from 'react';
import { RUN_STATUSES } from '../../server/domain/statuses.ts';
import { lookOfRun } from '../looks/index.ts';
import { Empty } from '../ui/feedback.tsx';
import { FilterBar, type FilterDef, type FilterValue, isSet, TimeRangePicker } from '../ui/filter/index.ts';
import { formatDuration } from '../ui/format.ts';
import { ColumnMenu, DataGrid, type GridColumn, type GridSort } from '../ui/grid/index.ts';
import { RowCard } from '../ui/row-card.tsx';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';

interface Row {
  key: string;
  name: string;
  look: ReturnType<typeof lookOfRun>;
  durationMs: number;
}

const ROWS: Row[] = Array.from({ length: 10_000 }, (_, at) => ({
  key: `run ${at + 1}`,
  name:
    at === 2
      ? `${'A name that somebody made far too long '.repeat(5)}<b>with markup</b>`
      : `Example ${at + 1}`,
  look: lookOfRun(RUN_STATUSES[(at * 5) % RUN_STATUSES.length] ?? 'succeeded'),
  durationMs: ((at * 7919) % 90_000) + 40,
}));

const FILTERS: readonly FilterDef[] = [
  {
    key: 'status',
    label: 'Status',
    icon: CircleDot,
    kind: 'multi',
    choices: RUN_STATUSES.map((status) => ({ value: lookOfRun(status).label, ...lookOfRun(status) })),
  },
  { key: 'name', label: 'Name', icon: Search, kind: 'text' },
  { key: 'created', label: 'Started', icon: Clock, kind: 'time' },
  { key: 'duration', label: 'Duration', icon: Timer, kind: 'duration' },
];

function columnsOf(narrow: (label: string) => void): GridColumn<Row>[] {
  return [
    { key: 'name', title: 'Name', width: 'minmax(10rem,1fr)', cell: ({ name }) => name },
    {
      key: 'status',
      title: 'Status',
      width: '9rem',
      onPhone: 'side',
      cell: ({ look }) => <StatusText look={look} />,
      filter: ({ look }) => ({ hint: `Only ${look.label}`, apply: () => narrow(look.label) }),
    },
    {
      key: 'duration',
      title: 'Duration',
      width: '7rem',
      align: 'end',
      cell: ({ durationMs }) => formatDuration(durationMs),
    },
  ];
}

export function Lists() {
  const [values, setValues] = useState<Record<string, FilterValue | null>>({ status: ['Failed', 'Running'] });
  const [zone, setZone] = useState<string>();
  const [range, setRange] = useState('24h');
  const [hidden, setHidden] = useState<string[]>([]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const set = (key: string, value: FilterValue | null) => setValues({ ...values, [key]: value });
  const wanted = isSet(values.status) ? values.status : undefined;
  const columns = columnsOf((label) => set('status', [label]));
  return (
    <div className="flex flex-col gap-5">
      <Card
        title="Ten thousand rows"
        actions={
          <TimeRangePicker
            label="Range of the examples"
            value={range}
            onChange={setRange}
            zone={zone}
            onZone={(next) => setZone(next ?? undefined)}
          />
        }
        flush
      >
        <div className="border-b border-line p-2">
          <FilterBar filters={FILTERS} values={values} onChange={set} onClear={() => setValues({})}>
            <ColumnMenu
              label="Columns of the examples"
              columns={columns.slice(1)}
              hidden={hidden}
              onChange={setHidden}
            />
          </FilterBar>
        </div>
        <DataGrid
          label="Examples"
          columns={columns.filter(({ key }) => !hidden.includes(key))}
          rows={wanted ? ROWS.filter(({ look }) => wanted.includes(look.label)) : ROWS}
          keyOf={({ key }) => key}
          selection={{ keys: selected, onChange: setSelected, labelOf: (key) => `Select ${key}` }}
          empty={<Empty icon={Search} title="Nothing matches" />}
        />
      </Card>
      <Sorted columns={columns} />
      <OnAPhone columns={columns} />
      <Card title="Loading" flush>
        <DataGrid label="Loading examples" columns={columns} rows={undefined} keyOf={({ key }) => key} />
      </Card>
    </div>
  );
}

/** By what it is sorted, what has just come, and more behind the end. */
function Sorted({ columns }: { columns: readonly GridColumn<Row>[] }) {
  const [sort, setSort] = useState<GridSort>({ key: 'duration', order: 'desc' });
  const [count, setCount] = useState(6);
  const [opened, setOpened] = useState('');
  const sign = sort.order === 'asc' ? 1 : -1;
  const rows = ROWS.slice(0, count).toSorted((a, b) => sign * (a.durationMs - b.durationMs));
  return (
    <Card
      title="Sorted, with what has just come"
      actions={<span className="text-sm text-quiet">{opened === '' ? '' : `Opened: ${opened}`}</span>}
      flush
    >
      <DataGrid
        label="Sorted examples"
        columns={columns.map((column) => ({ ...column, sortable: column.key === 'duration' }))}
        rows={rows}
        keyOf={({ key }) => key}
        onOpen={({ key }) => setOpened(key)}
        sort={sort}
        onSort={setSort}
        hasMore={count < MOST_SORTED}
        onEnd={() => setCount(count + 6)}
        newKeys={NEW}
        rowPx={44}
      />
    </Card>
  );
}

const MOST_SORTED = 18;
const NEW = new Set(['run 1', 'run 5']);

const REASON = {
  key: 'reason',
  title: 'Why',
  onPhone: 'whole',
  cell: () => 'What may be long, and is read to its end, stands on lines of its own',
} as const;

function OnAPhone({ columns }: { columns: readonly GridColumn<Row>[] }) {
  return (
    <Card title="The same on a phone" flush>
      <ul className="max-w-sm">
        {ROWS.slice(0, 4).map((row) => (
          <li key={row.key} className="flex border-b border-line px-4 py-2.5 last:border-b-0">
            <RowCard row={row} columns={[...columns, REASON]} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
