'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { PipelineId } from '../../../server/domain/ids.ts';
import { act } from '../../data/index.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Notice } from '../../ui/feedback.tsx';
import { Field, TextArea } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useEditor } from '../context.ts';
import { writeDocument } from '../model/document.ts';
import { countProblems } from '../model/problems.ts';
import { counts } from '../model/words.ts';
import { whyNotWritten } from '../session/why-not-written.ts';
import { useObserved } from '../store/observable.ts';
import { DiffList } from '../versions/diff-list.tsx';
import { words } from '../words.ts';

/** The draft becomes a version that never changes. What it changes is shown before. */
export function PublishDialog({ thenRun, onClose }: { thenRun: boolean; onClose(): void }) {
  const editor = useEditor();
  const { store, problems, published, asked } = editor;
  const { errors, warnings } = countProblems(useObserved(problems, (list) => list));
  const { number, graph } = useObserved(published, (known) => known);
  const document = useObserved(store, (state) => state.document);
  const [note, setNote] = useState('');
  const { publish, failure, isBusy } = usePublish(() => {
    if (thenRun) asked.set({ kind: 'run', from: null });
    else onClose();
  });
  const isEmpty = document.stages.length === 0;
  const next = (number ?? 0) + 1;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="md"
      title={words.publishVersion(next)}
      description={number === null ? words.firstVersion : words.runsThatAreUnderWay}
      actions={
        <>
          <Button onClick={onClose}>{words.keepTheDraft}</Button>
          <Button look="primary" busy={isBusy} disabled={errors > 0 || isEmpty} onClick={() => publish(note)}>
            {thenRun ? words.publishAndRun : words.publish}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {failure ? <Notice message={failure.message} advice={failure.advice} /> : null}
        <Hurdles errors={errors} warnings={warnings} />
        <Field
          label={number === null ? words.whatItDoesInA : words.whatHasChangedInA}
          hint={words.shownInTheListOf}
        >
          <TextArea
            value={note}
            rows={2}
            maxLength={1000}
            onChange={setNote}
            autoFocus
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && errors === 0 && !isEmpty)
                publish(note);
            }}
          />
        </Field>
        {isEmpty ? <p className="text-sm text-quiet">{words.thereIsNothingToPublish}</p> : null}
        {errors === 0 && graph !== null ? <DiffList before={graph} after={writeDocument(document)} /> : null}
      </div>
    </Dialog>
  );
}

function Hurdles({ errors, warnings }: { errors: number; warnings: number }) {
  if (errors > 0) return <p className="text-sm text-bad">{words.mustBeMended(counts.errors(errors))}</p>;
  return warnings > 0 ? (
    <p className="text-sm text-warn">{words.doNotStopIt(counts.warnings(warnings))}</p>
  ) : null;
}

function usePublish(onDone: () => void) {
  const { pipelineId, autosave, published, store } = useEditor();
  const queries = useQueryClient();
  const toast = useToast();
  const [failure, setFailure] = useState<{ message: string; advice?: string | undefined }>();
  const [isBusy, setBusy] = useState(false);
  const work = async (note: string) => {
    const isWritten = await autosave.flush();
    if (!isWritten) {
      setFailure(whyNotWritten(autosave.get()));
      return;
    }
    const id = pipelineId as PipelineId;
    const graph = writeDocument(store.get().document);
    const { version, is_new } = await act('pipelines.publish', { id, note, revision: autosave.revision() });
    published.set({ number: version.number, graph, differs: false });
    void queries.invalidateQueries({ queryKey: ['pipelines'] });
    toast({
      title: is_new ? words.published(version.number) : words.publishedAlready(version.number),
    });
    onDone();
  };
  const publish = (note: string) => {
    setBusy(true);
    setFailure(undefined);
    work(note)
      .catch((error: unknown) => setFailure(error instanceof Error ? error : { message: String(error) }))
      .finally(() => setBusy(false));
  };
  return { publish, failure, isBusy };
}
