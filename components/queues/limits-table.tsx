'use client';

import { useQuery } from '@tanstack/react-query';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { formatBytes, formatDuration } from '../ui/format.ts';
import { Meter } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { words } from './words.ts';

type SettingName = keyof typeof words.limits.names;

interface Row {
  setting: SettingName;
  shown: string;
  /** Undefined: it is not of the kind that is used up. */
  use?: { used: number; limit: number } | undefined;
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

/** What holds things back, how much of it is used, and who said so. */
export function LimitsTable() {
  const limits = useQuery({ ...query('limits.get', {}), refetchInterval: 10_000 });
  const settings = useQuery(query('system.settings', {}));
  const agents = useQuery(query('agents.list', {}));
  if (limits.error ?? settings.error) return <Broken of={[limits, settings]} />;
  if (!limits.data || !settings.data)
    return (
      <Card flush>
        <Skeleton label={words.limits.loading} rows={8} />
      </Card>
    );
  const rows = rowsOf(limits.data, settings.data, agents.data?.agents.length);
  const { given } = settings.data;
  const columns: TableColumn<Row>[] = [
    { key: 'what', title: words.limits.columns.what, cell: ({ setting }) => words.limits.names[setting] },
    { key: 'limit', title: words.limits.columns.limit, align: 'end', cell: ({ shown }) => shown },
    {
      key: 'used',
      title: words.limits.columns.used,
      cell: ({ setting, use }) => (use ? <Use {...{ setting, use }} /> : '–'),
    },
    {
      key: 'by',
      title: words.limits.columns.by,
      wideOnly: true,
      cell: ({ setting }) => (
        <>
          {given.includes(setting) ? words.limits.given : words.limits.default}
          <span className="ml-2 font-mono text-xs text-quiet">{setting}</span>
        </>
      ),
    },
  ];
  return (
    <Card flush>
      <Table label={words.limits.list} columns={columns} rows={rows} keyOf={({ setting }) => setting} />
    </Card>
  );
}

function rowsOf(
  { quotas, rates }: Answer<'limits.get'>,
  settings: Answer<'system.settings'>,
  agents: number | undefined,
): Row[] {
  const { max_agents: maxAgents, max_concurrent_tasks: maxTasks } = settings;
  const shown = (limit: number | null) =>
    limit === null ? words.limits.unlimited : limit.toLocaleString('en');
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

function Use({ setting, use }: Pick<Row, 'setting'> & { use: NonNullable<Row['use']> }) {
  return (
    <span className="flex w-44 items-center gap-2 tabular-nums">
      <span className="grow">
        <Meter
          label={words.limits.names[setting]}
          value={use.used}
          max={use.limit}
          tone={use.used >= use.limit ? 'bad' : use.used >= 0.8 * use.limit ? 'warn' : 'busy'}
        />
      </span>
      {use.used.toLocaleString('en')}
    </span>
  );
}
