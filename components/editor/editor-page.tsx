'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { PipelineId } from '../../server/domain/ids.ts';
import { query } from '../data/index.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Notice, Skeleton } from '../ui/feedback.tsx';
import { Card, Page, PageHead } from '../ui/surface.tsx';
import { type EditorDocument, EMPTY_DOCUMENT, readDocument } from './model/document.ts';
import { fromText } from './model/text.ts';
import type { Pipeline } from './session/open-editor.ts';
import { CodeArea } from './text/index.ts';
import { Workbench } from './workbench.tsx';

/** The draft as the server has it just now, never as it was when somebody last looked. */
export function EditorPage({ id }: { id: string }) {
  const { data: me } = useQuery(query('me.get', {}));
  const { data, error, isFetchedAfterMount } = useQuery({
    ...query('pipelines.get', { id: id as PipelineId }),
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    refetchOnMount: 'always',
  });
  if (error && !data)
    return (
      <Page>
        <PageHead title="Pipeline" trail={[{ label: 'Pipelines', href: '/pipelines' }]} />
        <Notice message={error.message} advice={error.advice} />
      </Page>
    );
  if (!data || !me || !isFetchedAfterMount) return <Skeleton label="Loading the pipeline" rows={14} />;
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

/** A draft of which no picture can be drawn, as programs may save them: it is mended as text first. */
function Unreadable({
  pipeline,
  reason,
  onMended,
}: {
  pipeline: Pipeline;
  reason: string;
  onMended(document: EditorDocument): void;
}) {
  const [text, setText] = useState(() => JSON.stringify(pipeline.draft?.document ?? {}, null, 2));
  const [fault, setFault] = useState(reason);
  const mend = () => {
    const mended = fromText(text);
    if (mended.ok) onMended(mended.document);
    else setFault(mended.faults[0]?.message ?? reason);
  };
  return (
    <Page>
      <PageHead
        title={pipeline.name}
        trail={[{ label: 'Pipelines', href: '/pipelines' }]}
        actions={
          <Button look="primary" onClick={mend}>
            Open on the canvas
          </Button>
        }
      />
      <Notice
        message="No picture can be drawn of this draft."
        advice={`${fault} Mend the text, then open it.`}
      />
      <Card flush>
        <CodeArea label="Draft" language="yaml" value={text} onChange={setText} />
      </Card>
    </Page>
  );
}
