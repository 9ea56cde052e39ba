'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { PipelineId } from '../../../server/domain/ids.ts';
import type { Json } from '../../../server/domain/json.ts';
import { pages, query } from '../../data/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { Button } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { Drawer } from '../../ui/drawer.tsx';
import { Empty, Skeleton } from '../../ui/feedback.tsx';
import { Ago } from '../../ui/text.tsx';
import { useToast } from '../../ui/toast.tsx';
import { type StageMark, useEditor } from '../context.ts';
import { type EditorDocument, writeDocument } from '../model/document.ts';
import { replaceDocument } from '../model/edits/extras.ts';
import { readDocument } from '../model/read-document.ts';
import { toYaml } from '../model/text.ts';
import { edits } from '../model/words.ts';
import { useObserved } from '../store/observable.ts';
import { TextDiff } from '../text/index.ts';
import { words } from '../words.ts';
import { DiffList, diffOf } from './diff-list.tsx';
import { paintGone } from './paint-gone.ts';

/** What was published; each can be compared with the draft, on the canvas too, and brought back into it. */
export function VersionsDrawer({ onClose }: { onClose(): void }) {
  const { pipelineId } = useEditor();
  const asked = useInfiniteQuery(pages('pipelines.versions', { id: pipelineId as PipelineId }));
  const { data, error, hasNextPage, fetchNextPage } = asked;
  const versions = data?.pages.flatMap((page) => page.versions);
  const [open, setOpen] = useState<number>();
  return (
    <Drawer open onOpenChange={onClose} title={words.versions}>
      {error ? <Broken of={asked} /> : null}
      {versions || error ? null : <Skeleton label={words.loadingTheVersions} rows={5} />}
      {versions?.length === 0 ? (
        <Empty icon={History} title={words.nothingIsPublishedYet}>
          {words.publishingMakesAVersionThat}
        </Empty>
      ) : null}
      <ol aria-label={words.versions} className="flex flex-col gap-2">
        {versions?.map((version) => (
          <li key={version.id} className="rounded-md border border-line">
            <button
              type="button"
              aria-expanded={open === version.number}
              onClick={() => setOpen(open === version.number ? undefined : version.number)}
              className="flex w-full items-baseline gap-3 rounded-md px-3 py-2 text-left hover:bg-hover"
            >
              <span className="font-medium tabular-nums">v{version.number}</span>
              <span className="min-w-0 grow truncate text-sm text-quiet">{version.note || words.noNote}</span>
              <span className="text-xs text-quiet">
                <Ago at={version.created_at} />
              </span>
            </button>
            {open === version.number ? <VersionDetails number={version.number} /> : null}
          </li>
        ))}
      </ol>
      {hasNextPage ? <Button onClick={() => void fetchNextPage()}>{words.showOlderOnes}</Button> : null}
    </Drawer>
  );
}

const VIEWS = [
  { value: 'list', label: words.changes },
  { value: 'yaml', label: words.yaml },
] as const;

const ADDED = { text: words.new, tone: 'good' } as const;
const CHANGED = { text: words.changed, tone: 'warn' } as const;
const REMOVED = { text: words.removed, tone: 'bad' } as const;

function VersionDetails({ number }: { number: number }) {
  const { pipelineId, store, isReadOnly } = useEditor();
  const asked = useQuery({
    ...query('pipelines.getVersion', { id: pipelineId as PipelineId, number }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { data: version, error } = asked;
  const document = useObserved(store, (state) => state.document);
  const [view, setView] = useState<'list' | 'yaml'>('list');
  const toast = useToast();
  const graph = version?.graph;
  useShownOnCanvas(graph, document);
  if (error && !version) return <Broken of={asked} />;
  const read = readDocument(graph);
  if (graph === undefined || !read.ok) return <Skeleton label={words.loadingTheVersion} rows={3} />;
  const restore = () => {
    store.perform(replaceDocument(store.get().document, read.document, edits.bringBack(number)));
    store.seal();
    toast({ title: words.broughtBack(number), description: words.broughtBackNote });
  };
  return (
    <div className="flex flex-col gap-3 border-t border-line p-3">
      <div className="flex items-center justify-between gap-2">
        <Segments label={words.show} value={view} choices={VIEWS} onChange={setView} />
        {isReadOnly ? null : (
          <Button size="sm" onClick={restore}>
            {words.bringBackIntoTheDraft}
          </Button>
        )}
      </div>
      <p className="text-xs text-quiet">{words.fromVersionNote(number)}</p>
      {view === 'list' ? (
        <DiffList before={graph} after={writeDocument(document)} />
      ) : (
        <TextDiff label={words.fromVersion(number)} before={toYaml(read.document)} after={toYaml(document)} />
      )}
    </div>
  );
}

/** While the version is open, the canvas says what has become of it since. */
function useShownOnCanvas(graph: Json | undefined, document: EditorDocument): void {
  const { marks, gone } = useEditor();
  useEffect(() => {
    if (graph === undefined) return undefined;
    const stages = diffOf(graph, writeDocument(document))?.stages;
    const before = readDocument(graph);
    if (!stages || !before.ok) return undefined;
    marks.set(
      new Map<string, StageMark>([
        ...stages.added.map((key) => [key, ADDED] as const),
        ...stages.changed.map(({ key }) => [key, CHANGED] as const),
        ...stages.removed.map((key) => [key, REMOVED] as const),
      ]),
    );
    gone.set(paintGone(before.document, document));
    return () => {
      marks.set(null);
      gone.set(null);
    };
  }, [graph, document, marks, gone]);
}
