'use client';

import { Cable, FileInput, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Answer } from '../data/index.ts';
import { lookOfConnection, stateOfConnection } from '../looks/index.ts';
import { PagedTable } from '../shell/paged-table.tsx';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Link } from '../ui/link.tsx';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import type { TableColumn } from '../ui/table.tsx';
import { Chip } from '../ui/text.tsx';
import { ConnectDialog } from './connect/connect-dialog.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { words } from './words.ts';

export type Connection = Answer<'mcp.connections'>['connections'][number];

export function Connections() {
  const may = useMay();
  const [isConnecting, setConnecting] = useState(false);
  const [isImporting, setImporting] = useState(false);
  const connect = may('mcp.connect') ? (
    <span className="flex flex-wrap gap-2">
      {may('mcp.manage') ? (
        <Button icon={FileInput} size="sm" onClick={() => setImporting(true)}>
          {words.importTitle}
        </Button>
      ) : null}
      <Button icon={Plus} size="sm" onClick={() => setConnecting(true)}>
        {words.connect}
      </Button>
    </span>
  ) : undefined;
  return (
    <Card title={words.tabs.connections} flush actions={connect}>
      <PagedTable
        label={words.tabs.connections}
        path="mcp.connections"
        rowsOf={(page) => page.connections}
        keyOf={(connection) => connection.id}
        columns={COLUMNS}
        empty={{ icon: Cable, title: words.none, note: connect ? words.noneNote : words.noneForReaders }}
      />
      <ImportDialog open={isImporting} onOpenChange={setImporting} />
      <ConnectDialog open={isConnecting} onOpenChange={setConnecting} />
    </Card>
  );
}

const waiting = ({ tools }: Connection): number => (tools.new ?? 0) + (tools.changed ?? 0);

const COLUMNS: TableColumn<Connection>[] = [
  {
    key: 'name',
    title: words.connectionColumns.name,
    cell: (connection) => (
      <>
        <Link
          href={`/connections/${connection.id}`}
          className="font-medium underline-offset-4 hover:underline"
        >
          {connection.name}
        </Link>{' '}
        <span className="font-mono text-xs text-quiet">{connection.slug}__</span>
      </>
    ),
  },
  {
    key: 'state',
    title: words.connectionColumns.state,
    onPhone: 'side',
    cell: (connection) => <StatusText look={lookOfConnection(stateOfConnection(connection))} />,
  },
  {
    key: 'speaks',
    title: words.connectionColumns.speaks,
    wideOnly: true,
    cell: ({ health, kind }) => (
      <span className="text-quiet">{health?.generation ? `${health.generation} · ${kind}` : kind}</span>
    ),
  },
  {
    key: 'latency',
    title: words.connectionColumns.latency,
    align: 'end',
    wideOnly: true,
    cell: ({ health }) => (health?.latency_ms == null ? '–' : words.took(health.latency_ms)),
  },
  {
    key: 'tools',
    title: words.connectionColumns.tools,
    align: 'end',
    cell: (connection) => (
      <span className="inline-flex items-center gap-2">
        {waiting(connection) > 0 ? <Chip>{words.quarantined(waiting(connection))}</Chip> : null}
        {connection.tools.approved ?? 0}
      </span>
    ),
  },
];
