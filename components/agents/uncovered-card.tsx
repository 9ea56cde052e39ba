'use client';

import { useQuery } from '@tanstack/react-query';
import { type Answer, query, useFresh } from '../data/index.ts';
import { pipelineHref } from '../shell/places.ts';
import { Button } from '../ui/button.tsx';
import { Link } from '../ui/link.tsx';
import { Card } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { words } from './words.ts';

type Coverage = Answer<'agents.coverage'>['capabilities'][number];
const COVERAGE = query('agents.coverage', {});

/** What pipelines need and nobody who is online offers; undefined until it is known. */
export function useUncovered(): readonly Coverage[] | undefined {
  const { data, error } = useQuery(COVERAGE);
  useFresh({ agents: true }, { keys: [COVERAGE.queryKey], everyMs: 5000 });
  const uncovered = data?.capabilities.filter(
    ({ pipeline_count, serving }) => pipeline_count > 0 && serving === 0,
  );
  // The board does not wait for what could not be had.
  return uncovered ?? (error ? [] : undefined);
}

interface UncoveredCardProps {
  rows: readonly Coverage[];
  onEnrol?: ((capability: string) => void) | undefined;
}

/** Nothing at all while everything is covered. */
export function UncoveredCard({ rows, onEnrol }: UncoveredCardProps) {
  if (rows.length === 0) return null;
  const columns: TableColumn<Coverage>[] = [
    {
      key: 'capability',
      title: words.uncovered.capability,
      cell: ({ capability }) => <span className="font-mono text-xs">{capability}</span>,
    },
    { key: 'needed', title: words.uncovered.needed, cell: (row) => <NeededBy row={row} /> },
    {
      key: 'agents',
      title: words.uncovered.agents,
      wideOnly: true,
      cell: ({ agents }) => (agents === 0 ? words.uncovered.nobody : words.uncovered.away(agents)),
    },
  ];
  if (onEnrol)
    columns.push({
      key: 'enrol',
      title: '',
      align: 'end',
      cell: ({ capability }) => (
        <Button size="sm" onClick={() => onEnrol(capability)}>
          {words.uncovered.enrol}
          <span className="sr-only"> {capability}</span>
        </Button>
      ),
    });
  return (
    <Card title={words.uncovered.title} flush>
      <p className="px-4 pt-2.5 text-sm text-quiet">{words.uncovered.note}</p>
      <Table
        label={words.uncovered.label}
        columns={columns}
        rows={rows}
        keyOf={({ capability }) => capability}
      />
    </Card>
  );
}

function NeededBy({ row: { pipelines, pipeline_count: count } }: { row: Coverage }) {
  return (
    <>
      {pipelines.map(({ id, name }, at) => (
        <span key={id}>
          {at > 0 ? ', ' : ''}
          <Link href={pipelineHref(id)} className="text-accent hover:underline">
            {name}
          </Link>
        </span>
      ))}
      {count > pipelines.length ? ` ${words.more(count - pipelines.length)}` : ''}
    </>
  );
}
