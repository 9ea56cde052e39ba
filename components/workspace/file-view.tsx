'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { parseAsInteger, parseAsStringLiteral, useQueryState } from 'nuqs';
import type { RunId } from '../../server/domain/ids.ts';
import { query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { ShowMore, usePages } from '../shell/paged-table.tsx';
import { Segments } from '../ui/choice.tsx';
import { DiffText } from '../ui/diff-text.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { formatBytes } from '../ui/format.ts';
import { Select } from '../ui/select.tsx';
import { Card } from '../ui/surface.tsx';
import { Ago, Chip, Code } from '../ui/text.tsx';
import { words } from './words.ts';

const VIEWS = ['content', 'history'] as const;

interface FileProps {
  runId: RunId;
  path: string;
  newest: number;
}

/** One file: what is in it, and each version with what it changed and whose it was. */
export function FileView({ runId, path, newest }: FileProps) {
  const [view, setView] = useQueryState('as', parseAsStringLiteral(VIEWS).withDefault('content'));
  return (
    <Card
      title={<span className="font-mono text-sm">{path}</span>}
      actions={
        <Segments
          label={words.content}
          value={view}
          choices={VIEWS.map((value) => ({ value, label: words[value] }))}
          onChange={(next) => void setView(next)}
        />
      }
    >
      {view === 'content' ? (
        <Content runId={runId} path={path} newest={newest} />
      ) : (
        <History runId={runId} path={path} newest={newest} />
      )}
    </Card>
  );
}

function Content({ runId, path, newest }: FileProps) {
  const asked = useQuery({
    ...query('workspaces.file', { id: runId, path, version: newest }),
    // While agents write, what it held a moment ago is better than nothing.
    placeholderData: keepPreviousData,
  });
  const { data, error } = asked;
  if (error && !data) return <Broken of={asked} />;
  if (!data) return <Skeleton label={words.loading} rows={6} />;
  return (
    <>
      <Broken of={asked} />
      <p className="mb-2 flex flex-wrap gap-x-3 text-sm text-quiet">
        <span>{words.version(data.version)}</span>
        <span>{formatBytes(data.bytes)}</span>
        <span>{data.changed_by}</span>
        <Ago at={data.changed_at} />
      </p>
      {data.encoding === 'text' ? (
        <Code label={path}>{data.content}</Code>
      ) : (
        <p className="text-sm text-quiet">{words.binary}</p>
      )}
    </>
  );
}

function History({ runId, path, newest }: FileProps) {
  const list = usePages('workspaces.history', { id: runId, path, limit: 100 }, (page) => page.changes);
  const { rows, error } = list;
  const [version, setVersion] = useQueryState('version', parseAsInteger);
  const [against, setAgainst] = useQueryState('against', parseAsInteger);
  const shown = version ?? newest;
  const other = against === shown ? null : against;
  const from = other ?? shown - 1;
  if (error && !rows) return <Broken of={list} />;
  if (!rows) return <Skeleton label={words.loading} rows={6} />;
  return (
    <div className="flex flex-col gap-4">
      <Broken of={list} />
      <ol aria-label={words.history} className="max-h-56 overflow-y-auto rounded-md border border-line">
        {rows.map((change) => (
          <li key={change.seq} className="border-b border-line last:border-b-0">
            <button
              type="button"
              aria-current={change.version === shown ? 'true' : undefined}
              onClick={() => void setVersion(change.version)}
              className="flex min-h-8 pointer-coarse:min-h-10 w-full items-center gap-3 px-3 text-left text-sm hover:bg-hover focus-visible:-outline-offset-2 aria-[current]:bg-accent-soft"
            >
              <span className="w-8 shrink-0 tabular-nums text-quiet">v{change.version}</span>
              <span className="shrink-0">{change.changed_by}</span>
              <Chip>{change.kind}</Chip>
              <span className="min-w-0 grow truncate text-quiet">{change.note}</span>
              <span className="shrink-0 text-quiet">
                <Ago at={change.changed_at} />
              </span>
            </button>
          </li>
        ))}
        {list.hasNextPage ? (
          <li>
            <ShowMore of={list} />
          </li>
        ) : null}
      </ol>
      <div className="flex flex-wrap items-center gap-2 text-sm text-quiet">
        <span>{words.against}</span>
        <Select
          label={words.against}
          value={other === null ? '' : String(other)}
          choices={[
            { value: '', label: words.versionBefore },
            ...rows
              .filter((change) => change.version !== shown)
              .map((change) => ({ value: String(change.version), label: words.version(change.version) })),
          ]}
          onChange={(next) => void setAgainst(next === '' ? null : Number(next))}
        />
      </div>
      <Change runId={runId} path={path} from={from} to={shown} />
    </div>
  );
}

interface ChangeProps {
  runId: RunId;
  path: string;
  /** The two in whichever order they were chosen: what is older stands on the left. */
  from: number;
  to: number;
}

function Change({ runId, path, ...chosen }: ChangeProps) {
  const from = Math.max(0, Math.min(chosen.from, chosen.to));
  const to = Math.max(chosen.from, chosen.to);
  const asked = useQuery(query('workspaces.diff', { id: runId, path, from, to }));
  const { data, error } = asked;
  if (error && !data) return <Broken of={asked} />;
  if (!data) return <Skeleton label={words.loading} rows={4} />;
  if (data.diff === null || data.diff === '') return <p className="text-sm text-quiet">{words.noChanges}</p>;
  return (
    <>
      <Broken of={asked} />
      <DiffText label={words.compared(from, to)} diff={data.diff} />
      {data.diff_is_cut ? <p className="text-sm text-quiet">{words.cut}</p> : null}
    </>
  );
}
