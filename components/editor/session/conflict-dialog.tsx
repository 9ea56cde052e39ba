'use client';

import { useState } from 'react';
import type { PipelineId } from '../../../server/domain/ids.ts';
import { ApiError, act, ask, newKey } from '../../data/index.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Notice } from '../../ui/feedback.tsx';
import { useEditor } from '../context.ts';
import { type EditorDocument, writeDocument } from '../model/document.ts';
import { readDocument } from '../model/read-document.ts';
import { toYaml } from '../model/text.ts';
import { TextDiff } from '../text/index.ts';
import { words } from '../words.ts';

/** Two have changed one draft. Nothing is written until a person has said what becomes of both. */
export function ConflictDialog({ name }: { name: string }) {
  const { store, autosave, pipelineId } = useEditor();
  const [theirs, setTheirs] = useState<EditorDocument>();
  const [failure, setFailure] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  // One copy, however often it is asked for.
  const [mine] = useState(() => ({
    key: newKey(),
    stamp: new Date().toISOString().slice(0, 19).replace('T', ' '),
  }));
  const attempt = (work: () => Promise<void>) => {
    setBusy(true);
    setFailure(undefined);
    work()
      .catch((error: unknown) => setFailure(error instanceof ApiError ? error : undefined))
      .finally(() => setBusy(false));
  };
  const load = async () => {
    const draft = await ask('pipelines.getDraft', { id: pipelineId as PipelineId });
    const read = readDocument(draft.document);
    if (!read.ok) throw new ApiError(read.reason, { code: 'INVALID', advice: words.keepYours });
    return { revision: draft.revision, document: read.document };
  };
  const takeTheirs = () =>
    attempt(async () => {
      const { revision, document } = await load();
      store.reset(document);
      autosave.adopt(revision);
    });
  const keepAsCopy = () =>
    attempt(async () => {
      const text = JSON.stringify(writeDocument(store.get().document));
      const copy = await act('pipelines.import', {
        name: words.myCopy(name, mine.stamp),
        format: 'json',
        text,
        idempotency_key: mine.key,
      });
      const { revision, document } = await load();
      store.reset(document);
      autosave.adopt(revision);
      // A whole new page: nothing of this draft stays in memory.
      window.location.assign(`/pipelines/${copy.id}/edit`);
    });
  return (
    <Dialog
      open
      onOpenChange={() => undefined}
      mustChoose
      width={theirs ? 'lg' : 'md'}
      title={words.somebodyElseHasChangedThis}
      description={words.yoursIsNotSavedOver}
      actions={
        <>
          {theirs ? null : (
            <Button disabled={isBusy} onClick={() => attempt(async () => setTheirs((await load()).document))}>
              {words.seeTheDifference}
            </Button>
          )}
          <Button disabled={isBusy} onClick={takeTheirs}>
            {words.takeTheirs}
          </Button>
          <Button look="primary" busy={isBusy} onClick={keepAsCopy}>
            {words.keepMineAsACopy}
          </Button>
        </>
      }
    >
      {failure ? <Notice message={failure.message} advice={failure.advice} /> : null}
      {theirs ? (
        <>
          <p className="mb-2 text-sm text-quiet">{words.whatYoursAddsIsGreen}</p>
          <TextDiff label={words.difference} before={toYaml(theirs)} after={toYaml(store.get().document)} />
        </>
      ) : (
        <p className="text-sm text-quiet">{words.aCopyBecomesAPipeline}</p>
      )}
    </Dialog>
  );
}
