'use client';

import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { Card, Page, PageHead } from '../ui/surface.tsx';
import type { EditorDocument } from './model/document.ts';
import { fromText } from './model/text.ts';
import type { Pipeline } from './session/open-editor.ts';
import { CodeArea } from './text/index.ts';
import { words } from './words.ts';

/** A draft of which no picture can be drawn, as programs may save them: it is mended as text first. */
export function Unreadable({
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
        trail={[{ label: words.pipelines, href: '/pipelines' }]}
        actions={
          <Button look="primary" onClick={mend}>
            {words.openOnTheCanvas}
          </Button>
        }
      />
      <Notice message={words.noPicture} advice={words.mendAdvice(fault)} />
      <Card flush>
        <CodeArea label={words.draft} language="yaml" value={text} onChange={setText} />
      </Card>
    </Page>
  );
}
