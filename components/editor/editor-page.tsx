'use client';

// Before everything that has a schema.
import './no-eval.ts';
import { useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useState } from 'react';
import type { PipelineId } from '../../server/domain/ids.ts';
import { query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { isMissing, NoThing } from '../shell/lost.tsx';
import { useMay } from '../shell/use-may.ts';
import { Skeleton } from '../ui/feedback.tsx';
import { patiently } from '../ui/patiently.ts';
import { Page, PageHead } from '../ui/surface.tsx';
import { type EditorDocument, EMPTY_DOCUMENT } from './model/document.ts';
import { readDocument } from './model/read-document.ts';
import type { Pipeline } from './session/open-editor.ts';
import { words } from './words.ts';
import { Workbench } from './workbench.tsx';

const Unreadable = dynamic(patiently(() => import('./unreadable.tsx').then((module) => module.Unreadable)));

const UP = { label: words.pipelines, href: '/pipelines' };

/** The draft as the server has it just now, never as it was when somebody last looked. */
export function EditorPage({ id }: { id: string }) {
  const { data: me } = useQuery(query('me.get', {}));
  const asked = useQuery({
    ...query('pipelines.get', { id: id as PipelineId }),
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    refetchOnMount: 'always',
  });
  const { data, error, isFetchedAfterMount } = asked;
  if (error && !data && isMissing(error)) return <NoThing title={words.missing} up={UP} />;
  if (error && !data)
    return (
      <Page>
        <PageHead title={words.pipeline} trail={[UP]} />
        <Broken of={asked} />
      </Page>
    );
  if (!data || !me || !isFetchedAfterMount) return <Skeleton label={words.loadingThePipeline} rows={14} />;
  return <Opened pipeline={data} />;
}

/** What is opened stays open: later answers are of what this editor has saved itself. */
function Opened({ pipeline: latest }: { pipeline: Pipeline }) {
  const may = useMay();
  const [pipeline] = useState(latest);
  const [read, setRead] = useState(() =>
    readDocument(pipeline.draft?.document ?? pipeline.version?.graph ?? {}),
  );
  const [mended, setMended] = useState<EditorDocument>();
  const isReadOnly = pipeline.archived_at !== null || pipeline.draft === null || !may('pipeline.edit');
  if (!read.ok) {
    return (
      <Unreadable
        pipeline={pipeline}
        reason={read.reason}
        onMended={(document) => {
          setMended(document);
          setRead({ ok: true, document: EMPTY_DOCUMENT });
        }}
      />
    );
  }
  return <Workbench pipeline={pipeline} document={read.document} mended={mended} isReadOnly={isReadOnly} />;
}
