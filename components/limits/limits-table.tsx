'use client';

import { useQuery } from '@tanstack/react-query';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { formatBytes, formatCount, formatDuration } from '../ui/format.ts';
import { Meter } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { Until } from '../ui/text.tsx';
import { words } from './words.ts';

type SettingName = keyof typeof words.names;

interface Row {
  setting: SettingName;
  shown: string;
  /** Undefined: it is not of the kind that is used up. */
  use?: { used: number; limit: number; resets_at?: string | null } | undefined;
}

const QUOTAS = {
  SIGNALBOX_RUNS_PER_DAY: 'runs_per_day',
  SIGNALBOX_RUNS_PER_KEY_MINUTE: 'runs_per_key_minute',
  SIGNALBOX_RUNS_IN_FLIGHT: 'runs_in_flight',
} as const;
const RATES = {
  SIGNALBOX_RATE_READS: 'reads',
  SIGNALBOX_RATE_WRITES: 'writes',
  SIGNALBOX_RATE_AGENTS: 'agents',
} as const;

const RESETS: TableColumn<Row> = {
  key: 'resets',
  title: words.columns.resets,
  wideOnly: true,
  cell: ({ use }) => <Again use={use} />,
};

/** What holds things back, how much of it is used, and who said so. */
export function LimitsTable() {
  const limits = useQuery({ ...query('limits.get', {}), refetchInterval: 10_000 });
  const settings = useQuery(query('system.settings', {}));
  const agents = useQuery(query('agents.list', {}));
  if (!limits.data || !settings.data)
    return limits.error || settings.error ? (
      <Broken of={[limits, settings]} />
    ) : (
      <Card flush>
        <Skeleton label={words.loading} rows={8} />
      </Card>
    );
  const rows = rowsOf(limits.data, settings.data, agents.data?.agents.length);
  const { given } = settings.data;
  const columns: TableColumn<Row>[] = [
    {
      key: 'what',
      title: words.columns.what,
      cell: ({ setting }) => (
        <span className="block py-1.5">
          <span className="block">{words.names[setting]}</span>
          <span className="block truncate font-mono text-xs text-quiet">{setting}</span>
        </span>
      ),
    },
    { key: 'limit', title: words.columns.limit, align: 'end', cell: ({ shown }) => shown },
    {
      key: 'used',
      title: words.columns.used,
      cell: ({ setting, use }) => (use ? <Use {...{ setting, use }} /> : '–'),
    },
    ...(limits.data.quotas.length > 0 ? [RESETS] : []),
    {
      key: 'by',
      title: words.columns.by,
      wideOnly: true,
      cell: ({ setting }) => (given.includes(setting) ? words.given : words.default),
    },
  ];
  return (
    <>
      <Broken of={[limits, settings]} />
      <Card flush>
        <Table label={words.list} columns={columns} rows={rows} keyOf={({ setting }) => setting} />
        <p className="border-t border-line px-4 py-2 text-xs text-quiet">{words.where}</p>
      </Card>
    </>
  );
}

function rowsOf(
  { quotas, rates }: Answer<'limits.get'>,
  settings: Answer<'system.settings'>,
  agents: number | undefined,
): Row[] {
  const { max_agents: maxAgents, max_concurrent_tasks: maxTasks } = settings;
  const shown = (limit: number | null) => (limit === null ? words.unlimited : formatCount(limit));
  const rows: Row[] = [
    {
      setting: 'MAX_AGENTS',
      shown: shown(maxAgents),
      use: agents === undefined ? undefined : { used: agents, limit: maxAgents },
    },
    { setting: 'MAX_CONCURRENT_TASKS', shown: shown(maxTasks) },
  ];
  for (const [setting, name] of Object.entries(QUOTAS)) {
    const quota = quotas.find((each) => each.name === name);
    rows.push({ setting: setting as SettingName, shown: shown(quota?.limit ?? null), use: quota });
  }
  for (const [setting, name] of Object.entries(RATES)) {
    const rate = rates.find((each) => each.name === name);
    const use = rate && { used: rate.limit - rate.left, limit: rate.limit };
    rows.push({ setting: setting as SettingName, shown: shown(rate?.limit ?? null), use });
  }
  rows.push(
    { setting: 'SIGNALBOX_PAYLOAD_MAX', shown: formatBytes(settings.payload_max_bytes) },
    { setting: 'TASK_TIMEOUT', shown: formatDuration(settings.task_timeout_ms) },
  );
  return rows;
}

/** Told of quotas alone: by the clock, or when something of it ends. */
function Again({ use }: Pick<Row, 'use'>) {
  if (use?.resets_at === undefined) return '–';
  return use.resets_at === null ? words.atAnEnd : <Until at={use.resets_at} />;
}

function Use({ setting, use }: Pick<Row, 'setting'> & { use: NonNullable<Row['use']> }) {
  return (
    <span className="flex w-44 items-center gap-2 tabular-nums">
      <span className="grow">
        <Meter
          label={words.names[setting]}
          value={use.used}
          max={use.limit}
          tone={use.used >= use.limit ? 'bad' : use.used >= 0.8 * use.limit ? 'warn' : 'busy'}
        />
      </span>
      {formatCount(use.used)}
    </span>
  );
}
