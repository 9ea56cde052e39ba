'use client';

import { Cable, Lock, ScrollText, Tag } from 'lucide-react';
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { isId } from '../../server/domain/id-pattern.ts';
import { CALL_OUTCOMES } from '../../server/domain/mcp.ts';
import type { Answer, Input } from '../data/index.ts';
import { lookOfCall } from '../looks/index.ts';
import { PagedTable, useWholeList } from '../shell/paged-table.tsx';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/feedback.tsx';
import { FilterBar, type FilterDef } from '../ui/filter/index.ts';
import { formatBytes, formatDuration } from '../ui/format.ts';
import { Link } from '../ui/link.tsx';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import type { TableColumn } from '../ui/table.tsx';
import { Ago } from '../ui/text.tsx';
import { words } from './words.ts';

type Call = Answer<'mcpUsage.log'>['calls'][number];

export function CallLog() {
  if (useMay()('mcp.log')) return <Calls />;
  return (
    <Card flush>
      <Empty icon={Lock} title={words.logNotYours}>
        {words.logNotYoursNote}
      </Empty>
    </Card>
  );
}

const PARSERS = { connection: parseAsString, outcome: parseAsStringLiteral(CALL_OUTCOMES) };
const NONE = { connection: null, outcome: null };

/** Each call, narrowed by what stands in the address. */
function Calls() {
  const [values, setValues] = useQueryStates(PARSERS);
  const { rows: connections, isWhole } = useWholeList(
    'mcp.connections',
    { limit: 200 },
    (page) => page.connections,
  );
  const input: Input<'mcpUsage.log'> = {
    ...(isId('mcpConnection', values.connection)
      ? { connection_id: values.connection as Call['connection_id'] }
      : {}),
    ...(values.outcome === null ? {} : { outcome: values.outcome }),
  };
  const clear = () => void setValues(NONE);
  const isNarrowed = Object.keys(input).length > 0;
  /** Undefined: not known yet. Null: there is none of that id any more. */
  const nameOf = (id: string) =>
    connections?.find((each) => each.id === id)?.name ?? (isWhole ? null : undefined);
  return (
    <div className="flex flex-col gap-3">
      <FilterBar
        filters={filtersOf(connections ?? [])}
        values={values}
        onChange={(key, value) => void setValues({ [key]: typeof value === 'string' ? value : null })}
        onClear={clear}
      />
      <Card flush>
        <PagedTable
          label={words.tabs.log}
          path="mcpUsage.log"
          input={input}
          rowsOf={(page) => page.calls}
          keyOf={(call) => call.id}
          empty={
            isNarrowed
              ? {
                  ...{ icon: ScrollText, title: words.noneMatch },
                  action: <Button onClick={clear}>{words.clear}</Button>,
                }
              : { icon: ScrollText, title: words.noLog, note: words.noLogNote }
          }
          columns={columnsOf(nameOf)}
        />
      </Card>
    </div>
  );
}

const filtersOf = (connections: readonly { id: string; name: string }[]): FilterDef[] => [
  {
    ...{ key: 'connection', label: words.columns.connection, icon: Cable, kind: 'choice' },
    choices: connections.map(({ id, name }) => ({ value: id, label: name })),
  },
  {
    ...{ key: 'outcome', label: words.columns.outcome, icon: Tag, kind: 'choice' },
    choices: CALL_OUTCOMES.map((value) => ({ value, label: lookOfCall(value).label })),
  },
];

const columnsOf = (nameOf: (id: string) => string | null | undefined): TableColumn<Call>[] => [
  { key: 'at', title: words.columns.at, cell: ({ at }) => <Ago at={at} /> },
  {
    key: 'tool',
    title: words.columns.tool,
    onPhone: 'lead',
    cell: ({ tool }) => <span className="font-mono">{tool}</span>,
  },
  {
    key: 'connection',
    title: words.columns.connection,
    cell: ({ connection_id: id }) => {
      const name = nameOf(id);
      if (name === undefined) return null;
      return name === null ? (
        <span className="text-quiet">{words.gone}</span>
      ) : (
        <Link href={`/connections/${id}`} className="hover:underline">
          {name}
        </Link>
      );
    },
  },
  {
    key: 'who',
    title: words.columns.by,
    cell: ({ caller, run_id: runId }) =>
      runId === null ? (
        caller.name
      ) : (
        <Link href={`/runs/${runId}`} className="text-accent hover:underline">
          {caller.name}
        </Link>
      ),
  },
  {
    key: 'outcome',
    title: words.columns.outcome,
    cell: ({ outcome, problem }) => (
      <span className="flex min-w-0 items-center gap-2" title={problem ?? undefined}>
        <StatusText look={lookOfCall(outcome)} />
        {problem === null ? null : <span className="min-w-0 truncate text-quiet">{problem}</span>}
      </span>
    ),
  },
  {
    key: 'got',
    title: words.columns.got,
    align: 'end',
    wideOnly: true,
    cell: ({ got_bytes: bytes }) => formatBytes(bytes),
  },
  { key: 'ms', title: words.columns.took, align: 'end', cell: ({ ms }) => formatDuration(ms) },
];
