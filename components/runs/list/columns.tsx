import { isRunOver } from '../../../server/domain/statuses.ts';
import { lookOfRun } from '../../looks/index.ts';
import { formatDuration } from '../../ui/format.ts';
import type { GridColumn } from '../../ui/grid/index.ts';
import { Link } from '../../ui/link.tsx';
import { shortId } from '../../ui/short-id.ts';
import { StatusText } from '../../ui/status.tsx';
import { Ago, Elapsed } from '../../ui/text.tsx';
import { words } from '../words.ts';
import type { RunRow } from './run-row.ts';

type Filter = (key: string, value: string | readonly string[]) => void;

/** Those that are sorted by on the server are called there as their columns are here. */
export const SORTABLE = { created: 'created', finished: 'finished', duration: 'duration' } as const;
/** Not shown until somebody asks for it. */
export const HIDDEN_AT_FIRST = ['finished', 'trigger', 'replay'];

export function runColumns({
  nameOf,
  filterBy,
}: {
  nameOf(pipelineId: string | null): string;
  filterBy: Filter;
}): GridColumn<RunRow>[] {
  const { columns, only } = words;
  const narrow = (label: string, key: string, value: string | readonly string[]) => ({
    hint: only(label),
    apply: () => filterBy(key, value),
  });
  return [
    { key: 'id', title: columns.id, width: '7rem', wideOnly: true, cell: (run) => <RunLink run={run} /> },
    {
      key: 'status',
      title: columns.status,
      width: '7.5rem',
      onPhone: 'side',
      cell: ({ status }) => <StatusText look={lookOfRun(status)} />,
      filter: ({ status }) => narrow(lookOfRun(status).label, 'status', [status]),
    },
    {
      key: 'pipeline',
      title: columns.pipeline,
      width: 'minmax(8rem,1.2fr)',
      onPhone: 'lead',
      cell: ({ pipeline_id }) => nameOf(pipeline_id),
      filter: ({ pipeline_id }) =>
        pipeline_id === null ? undefined : narrow(nameOf(pipeline_id), 'pipeline', pipeline_id),
    },
    {
      key: 'error',
      title: columns.error,
      width: 'minmax(10rem,1.6fr)',
      cell: ({ error }) => (error ? <span className="text-quiet">{error.message}</span> : null),
      filter: ({ error_group, error }) =>
        error_group === null ? undefined : narrow(error?.code ?? error_group, 'group', error_group),
    },
    {
      key: 'progress',
      title: columns.progress,
      width: '6rem',
      align: 'end',
      wideOnly: true,
      cell: ({ tasks_total, tasks_left }) => words.stages(tasks_total - tasks_left, tasks_total),
    },
    {
      key: 'trigger',
      title: columns.trigger,
      width: '7rem',
      wideOnly: true,
      cell: ({ trigger }) => words.triggerOf(trigger),
      filter: ({ trigger }) => narrow(words.triggerOf(trigger), 'trigger', trigger),
    },
    {
      key: 'replay',
      title: columns.replay,
      width: '8rem',
      wideOnly: true,
      cell: ({ replay_of }) => replay_of && <span className="font-mono text-xs">{shortId(replay_of)}</span>,
      filter: ({ replay_of }) => (replay_of === null ? undefined : narrow(replay_of, 'replay_of', replay_of)),
    },
    ...TIMES,
  ];
}

const TIMES: GridColumn<RunRow>[] = [
  {
    key: 'created',
    title: words.columns.created,
    width: '7.5rem',
    align: 'end',
    sortable: true,
    cell: ({ created_at }) => <Ago at={created_at} />,
  },
  {
    key: 'finished',
    title: words.columns.finished,
    width: '7.5rem',
    align: 'end',
    sortable: true,
    wideOnly: true,
    cell: ({ finished_at }) => finished_at && <Ago at={finished_at} />,
  },
  {
    key: 'duration',
    title: words.columns.duration,
    width: '7rem',
    align: 'end',
    sortable: true,
    cell: (run) => <RunDuration run={run} />,
  },
];

function RunLink({ run }: { run: RunRow }) {
  return (
    <Link
      href={`/runs/${run.id}`}
      tabIndex={-1}
      className="font-mono text-xs text-text hover:text-accent hover:underline"
    >
      {shortId(run.id)}
    </Link>
  );
}

function RunDuration({ run }: { run: RunRow }) {
  if (run.finished_at !== null)
    return formatDuration(Date.parse(run.finished_at) - Date.parse(run.created_at));
  return isRunOver(run.status) ? '–' : <Elapsed since={run.created_at} />;
}
