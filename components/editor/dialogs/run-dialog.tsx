'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { PipelineId, RunId } from '../../../server/domain/ids.ts';
import { isJsonObject, type Json } from '../../../server/domain/json.ts';
import { ApiError, act, query } from '../../data/index.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Notice } from '../../ui/feedback.tsx';
import { newKey } from '../../ui/new-key.ts';
import { useToast } from '../../ui/toast.tsx';
import { useEditor } from '../context.ts';
import { JsonField } from '../panels/fields.tsx';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { PublishDialog } from './publish-dialog.tsx';

const { run: text } = words;

/** A run is of a version, so what is not published yet is published first. */
export function RunDialog({
  from,
  isAlone = false,
  onClose,
}: {
  from: string | null;
  isAlone?: boolean;
  onClose(): void;
}) {
  const { published, isReadOnly } = useEditor();
  const { number, differs } = useObserved(published, (known) => known);
  if ((number === null || differs) && !isReadOnly) return <PublishDialog thenRun onClose={onClose} />;
  if (from === null) return <RunAll onClose={onClose} />;
  return <RunFrom from={from} isAlone={isAlone} onClose={onClose} />;
}

function useStart(onClose: () => void) {
  const { follow } = useEditor();
  const queries = useQueryClient();
  const toast = useToast();
  const [failure, setFailure] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const start = (ask: () => Promise<{ id: string }>) => {
    setBusy(true);
    setFailure(undefined);
    ask()
      .then(({ id }) => {
        follow(id);
        void queries.invalidateQueries({ queryKey: ['runs', 'list'] });
        toast({ title: words.runStarted, description: words.runStartedNote });
        onClose();
      })
      .catch((error: unknown) => setFailure(error instanceof ApiError ? error : undefined))
      .finally(() => setBusy(false));
  };
  return { start, failure, isBusy };
}

function RunAll({ onClose }: { onClose(): void }) {
  const { store, pipelineId, published } = useEditor();
  const { settings } = store.get().document;
  const [input, setInput] = useState<Json | undefined>(() => exampleOf(settings.inputSchema));
  const [parameters, setParameters] = useState<Json | undefined>(() => exampleOf(settings.parametersSchema));
  const [faulty, setFaulty] = useState({ input: false, parameters: false });
  // They have names: anything but an object would be left out, and nobody told.
  const areNoObject = parameters !== undefined && !isJsonObject(parameters);
  const isFaulty = faulty.input || faulty.parameters || areNoObject;
  const { start, failure, isBusy } = useStart(onClose);
  const run = () =>
    start(() =>
      act('pipelines.execute', {
        id: pipelineId as PipelineId,
        input_data: input ?? null,
        ...(isJsonObject(parameters) ? { parameters } : {}),
        idempotency_key: newKey(),
      }),
    );
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="md"
      title={words.runVersion(published.get().number)}
      actions={
        <Button look="primary" busy={isBusy} disabled={isFaulty} onClick={run}>
          {words.run2}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        {failure ? <Notice message={failure.message} advice={failure.advice} /> : null}
        <JsonField
          label={words.input}
          value={input}
          onChange={setInput}
          onFault={(input) => setFaulty({ ...faulty, input })}
          placeholder={words.nothing}
          hint={words.whatTheFirstStagesAre}
        />
        <JsonField
          label={words.parameters}
          value={parameters}
          onChange={setParameters}
          onFault={(parameters) => setFaulty({ ...faulty, parameters })}
          placeholder="{ }"
          hint={words.readByExpressionsAsParams}
          error={areNoObject ? words.parametersAreNamed : undefined}
        />
      </div>
    </Dialog>
  );
}

function exampleOf(schema: Json | undefined): Json | undefined {
  return isJsonObject(schema) && Array.isArray(schema.examples) ? schema.examples[0] : undefined;
}

/** What came before the stage is taken from the last run, so that only what is worked on runs again. */
function RunFrom({ from, isAlone, onClose }: { from: string; isAlone: boolean; onClose(): void }) {
  const { pipelineId, overlay } = useEditor();
  const { data } = useQuery(query('runs.list', { pipeline_id: pipelineId as PipelineId, limit: 1 }));
  const { start, failure, isBusy } = useStart(onClose);
  const last = overlay.get()?.runId ?? data?.runs[0]?.id;
  const run = () =>
    start(() =>
      act('runs.replay', {
        id: last as RunId,
        ...(isAlone ? { only: from } : { from }),
        version: 'newest',
        idempotency_key: newKey(),
      }),
    );
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={isAlone ? text.onlyTitle(from) : text.fromTitle(from)}
      description={data && last === undefined ? text.noEarlier : isAlone ? text.onlyWhy : text.fromWhy}
      actions={
        <Button look="primary" busy={isBusy} disabled={last === undefined} onClick={run}>
          {isAlone ? text.only : text.from}
        </Button>
      }
    >
      {failure ? <Notice message={failure.message} advice={failure.advice} /> : null}
    </Dialog>
  );
}
