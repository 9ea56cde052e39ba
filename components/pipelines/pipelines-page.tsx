'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { Archive, Plus, SearchX, Workflow } from 'lucide-react';
import { useRouter } from 'next/navigation';
import {
  parseAsArrayOf,
  parseAsBoolean,
  parseAsString,
  parseAsStringLiteral,
  throttle,
  useQueryStates,
} from 'nuqs';
import { lazy, Suspense } from 'react';
import { pages, useFresh } from '../data/index.ts';
import { pipelineHref } from '../shell/places.ts';
import { useMay } from '../shell/use-may.ts';
import { usePlaceInList } from '../shell/use-place-in-list.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox } from '../ui/choice.tsx';
import { Empty, Notice } from '../ui/feedback.tsx';
import { TextInput } from '../ui/field.tsx';
import { DataGrid } from '../ui/grid/index.ts';
import { keepFocus } from '../ui/keep-focus.ts';
import { patiently } from '../ui/patiently.ts';
import { Select } from '../ui/select.tsx';
import { Card, Page, PageHead } from '../ui/surface.tsx';
import { Chip } from '../ui/text.tsx';
import { columnsOf } from './pipeline-columns.tsx';
import { WAYS } from './types.ts';
import { words } from './words.ts';

// Each comes when it is asked for: the first page is the list's alone.
const NewDialog = lazy(
  patiently(() => import('./create/new-dialog.tsx').then((file) => ({ default: file.NewDialog }))),
);
const RunDialog = lazy(
  patiently(() => import('./run/run-dialog.tsx').then((file) => ({ default: file.RunDialog }))),
);

const SORTS = ['name', 'updated', 'created'] as const;
const LAST_RUNS = 20;
const PAGE = 50;
const TYPING_MS = 300;
const ROW_PX = 60;

const URL_STATE = {
  q: parseAsString.withDefault('').withOptions({ limitUrlUpdates: throttle(TYPING_MS) }),
  tag: parseAsArrayOf(parseAsString).withDefault([]),
  starred: parseAsBoolean.withDefault(false),
  archived: parseAsBoolean.withDefault(false),
  sort: parseAsStringLiteral(SORTS).withDefault('name'),
};
const DIALOGS = { new: parseAsStringLiteral(WAYS), run: parseAsString };

function usePipelines() {
  const [{ q, tag, starred, archived, sort }] = useQueryStates(URL_STATE);
  const question = pages('pipelines.list', {
    ...{ limit: PAGE, recent_runs: LAST_RUNS, sort, archived },
    order: sort === 'updated' ? 'desc' : 'asc',
    ...(q.trim() === '' ? {} : { search: q.trim() }),
    ...(tag.length === 0 ? {} : { tags: tag }),
    ...(starred ? { starred } : {}),
  });
  // What was shown stays while the next is typed.
  const list = useInfiniteQuery({ ...question, placeholderData: (before) => before });
  useFresh({ everything: true }, { keys: [['pipelines', 'list']], everyMs: 3000 });
  return { ...list, pipelines: list.data?.pages.flatMap((page) => page.pipelines) };
}

export function PipelinesPage() {
  const [dialogs, setDialogs] = useQueryStates(DIALOGS);
  const mayCreate = useMay()('pipeline.create');
  return (
    <Page width="wide" fill>
      <PageHead
        title={words.title}
        note={words.note}
        actions={
          mayCreate ? (
            <Button look="primary" icon={Plus} onClick={() => void setDialogs({ new: 'blank' })}>
              {words.new}
            </Button>
          ) : null
        }
      />
      <div className="flex min-h-0 shrink-[9999] flex-col gap-4">
        <Filters />
        <PipelineList
          onNew={mayCreate ? () => void setDialogs({ new: 'template' }) : undefined}
          onRun={(id) => void setDialogs({ run: id })}
        />
      </div>
      <Suspense>
        {mayCreate && dialogs.new !== null ? (
          <NewDialog way={dialogs.new} onWay={(way) => void setDialogs({ new: way })} />
        ) : null}
        {dialogs.run === null ? null : (
          <RunDialog key={dialogs.run} id={dialogs.run} onClose={() => void setDialogs({ run: null })} />
        )}
      </Suspense>
    </Page>
  );
}

function PipelineList({ onNew, onRun }: { onNew: (() => void) | undefined; onRun(id: string): void }) {
  const [url, setUrl] = useQueryStates(URL_STATE);
  const router = useRouter();
  const place = usePlaceInList('pipelines');
  const may = useMay();
  const { pipelines, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = usePipelines();
  const columns = columnsOf({
    hasOwners: pipelines?.some(({ owner }) => owner !== null) ?? true,
    mayRun: may('run.operate'),
    mayEdit: may('pipeline.edit'),
    mayCreate: may('pipeline.create'),
    onTag: (tag) => void setUrl({ tag: [...new Set([...url.tag, tag])] }),
    onRun,
  });
  return (
    <>
      {error ? (
        <Notice
          message={error.message}
          advice={error.advice}
          action={
            <Button size="sm" onClick={() => void refetch()}>
              {words.tryAgain}
            </Button>
          }
        />
      ) : null}
      {error && !pipelines ? null : (
        <Card flush fill>
          <DataGrid
            fill
            label={words.list}
            columns={columns}
            rows={pipelines}
            keyOf={({ id }) => id}
            rowPx={ROW_PX}
            place={place}
            onOpen={({ id }) => router.push(pipelineHref(id))}
            hasMore={hasNextPage}
            onEnd={() => {
              if (!isFetchingNextPage) void fetchNextPage();
            }}
            empty={<NothingThere onNew={onNew} />}
          />
        </Card>
      )}
    </>
  );
}

/** None yet, none archived and none that matches are three different things. */
function NothingThere({ onNew }: { onNew: (() => void) | undefined }) {
  const [{ q, tag, starred, archived }, setUrl] = useQueryStates(URL_STATE);
  if (q !== '' || tag.length > 0 || starred)
    return (
      <Empty
        icon={SearchX}
        title={words.noMatch.title}
        action={
          <Button size="sm" onClick={() => void setUrl({ q: null, tag: null, starred: null })}>
            {words.noMatch.clear}
          </Button>
        }
      >
        {words.noMatch.text}
      </Empty>
    );
  if (archived)
    return (
      <Empty icon={Archive} title={words.noArchived.title}>
        {words.noArchived.text}
      </Empty>
    );
  return (
    <Empty
      icon={Workflow}
      title={words.none.title}
      action={onNew ? <Button onClick={onNew}>{words.new}</Button> : undefined}
    >
      {words.none.text}
    </Empty>
  );
}

function Filters() {
  const [{ q, tag, starred, archived, sort }, setUrl] = useQueryStates(URL_STATE);
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="w-full sm:w-80">
        <TextInput
          aria-label={words.search}
          placeholder={words.search}
          type="search"
          value={q}
          onChange={(text) => void setUrl({ q: text || null })}
        />
      </div>
      {tag.map((each) => (
        <button
          key={each}
          type="button"
          aria-label={words.untag(each)}
          title={words.untag(each)}
          onClick={() => {
            keepFocus();
            void setUrl({ tag: tag.filter((other) => other !== each) });
          }}
          className="flex min-h-6 pointer-coarse:min-h-9 items-center rounded-sm hover:opacity-70"
        >
          <Chip>{each} ×</Chip>
        </button>
      ))}
      <Checkbox
        label={words.starred}
        checked={starred}
        onChange={(checked) => void setUrl({ starred: checked || null })}
      />
      <Checkbox
        label={words.archived}
        checked={archived}
        onChange={(checked) => void setUrl({ archived: checked || null })}
      />
      <span className="grow" />
      <Select
        label={words.sort}
        value={sort}
        choices={SORTS.map((value) => ({ value, label: words.sorts[value] }))}
        onChange={(next) => void setUrl({ sort: next })}
      />
    </div>
  );
}
