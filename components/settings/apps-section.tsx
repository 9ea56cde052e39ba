'use client';

import { AppWindow } from 'lucide-react';
import { useQueryState } from 'nuqs';
import { useState } from 'react';
import type { Answer } from '../data/index.ts';
import { PagedTable } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Card } from '../ui/surface.tsx';
import type { TableColumn } from '../ui/table.tsx';
import { Ago, Chip } from '../ui/text.tsx';
import { appsWords } from './apps-words.ts';
import { words } from './words.ts';

type App = Answer<'apps.list'>['apps'][number];
const PARTS = ['mine', 'all'] as const;

/** Programs that were let in by browser; of everybody for those who look after keys. */
export function AppsSection() {
  const may = useMay();
  const [of, setOf] = useQueryState('of');
  const [ending, setEnding] = useState<App>();
  const end = useAct('apps.end', { done: appsWords.ended });
  const isOfAll = of === 'all' && may('key.read');
  return (
    <Card
      title={words.sections.apps}
      flush
      actions={
        may('key.read') ? (
          <Segments
            label={appsWords.whose}
            value={isOfAll ? 'all' : 'mine'}
            choices={PARTS.map((value) => ({ value, label: appsWords[value] }))}
            onChange={(value) => void setOf(value === 'all' ? 'all' : null)}
          />
        ) : undefined
      }
    >
      <PagedTable
        key={String(isOfAll)}
        label={words.sections.apps}
        path="apps.list"
        input={isOfAll ? { of_all: true } : {}}
        rowsOf={(page) => page.apps}
        keyOf={({ id }) => id}
        empty={{ icon: AppWindow, title: appsWords.none, note: appsWords.noneNote }}
        columns={columnsOf({ isOfAll, mayEnd: !isOfAll || may('key.manage'), end: setEnding })}
      />
      <ConfirmDialog
        open={ending !== undefined}
        onOpenChange={() => setEnding(undefined)}
        title={appsWords.endTitle(ending?.name ?? '')}
        consequence={appsWords.endNote}
        confirmLabel={appsWords.end}
        danger
        onConfirm={() => {
          if (ending) end.run({ id: ending.id });
        }}
      />
    </Card>
  );
}

interface Columns {
  isOfAll: boolean;
  mayEnd: boolean;
  end(app: App): void;
}

function columnsOf({ isOfAll, mayEnd, end }: Columns): TableColumn<App>[] {
  return [
    {
      key: 'name',
      title: appsWords.name,
      cell: (app) => (
        <>
          <span className="font-medium">{app.name}</span>{' '}
          <span className="font-mono text-xs text-quiet">{app.redirect_host}</span>
        </>
      ),
    },
    ...(isOfAll
      ? [{ key: 'by', title: appsWords.by, cell: (app: App) => app.by.name } satisfies TableColumn<App>]
      : []),
    {
      key: 'may',
      title: appsWords.may,
      wideOnly: true,
      cell: (app) => (
        <span className="flex flex-wrap items-center gap-1 py-2">
          {app.scopes.map((scope) => (
            <Chip key={scope}>{scope}</Chip>
          ))}
        </span>
      ),
    },
    {
      key: 'where',
      title: appsWords.where,
      cell: ({ path }) => <span className="font-mono text-xs">{path}</span>,
    },
    { key: 'since', title: appsWords.since, wideOnly: true, cell: (app) => <Ago at={app.allowed_at} /> },
    {
      key: 'used',
      title: appsWords.used,
      cell: (app) => (app.last_used_at ? <Ago at={app.last_used_at} /> : words.never),
    },
    {
      key: 'act',
      title: '',
      align: 'end',
      cell: (app) =>
        mayEnd ? (
          <Button look="quiet" size="sm" onClick={() => end(app)}>
            {appsWords.end}
            <span className="sr-only"> {app.name}</span>
          </Button>
        ) : null,
    },
  ];
}
