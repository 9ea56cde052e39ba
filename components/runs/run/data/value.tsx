'use client';

import { Download, FileText } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { RunId } from '../../../../server/domain/ids.ts';
import type { Json } from '../../../../server/domain/json.ts';
import { rest } from '../../../data/index.ts';
import { jsonText } from '../../../looks/index.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { Notice, Skeleton } from '../../../ui/feedback.tsx';
import { formatBytes } from '../../../ui/format.ts';
import { saveFile } from '../../save-file.ts';
import { runWords } from '../run-words.ts';
import { findObjects, isStoredWhole, type StoredObject } from './find-objects.ts';
import { isBinary, isBinaryType } from './is-binary.ts';
import { type LineSource, openText } from './line-source.ts';
import { openBlob } from './open-blob.ts';
import { TextView } from './text-view.tsx';

/** Up to this size what is stored apart is shown without being asked for. */
const SHOWN_BYTES = 256_000;

/** What went in or came out: the value itself, and what of it is stored apart because it is large or a file. */
export function Value({ runId, label, value }: { runId: RunId; label: string; value: Json }) {
  const source = useMemo(() => openText(jsonText(value)), [value]);
  const objects = useMemo(() => findObjects(value), [value]);
  return (
    <div className="flex flex-col gap-3">
      {objects.map((object) => (
        <Stored key={object.hash} runId={runId} object={object} />
      ))}
      {isStoredWhole(value) ? null : <TextView label={label} source={source} />}
    </div>
  );
}

type Reading =
  | { state: 'asked' }
  | { state: 'open'; source: LineSource }
  /** There is nothing in it to be read. */
  | { state: 'binary' }
  | { state: 'broken'; error: Error };

const fetchStored = (runId: RunId, { hash }: StoredObject, init: RequestInit = {}): Promise<Blob> =>
  rest(`/runs/${runId}/objects/${hash}`, init).then((response) => response.blob());

function Stored({ runId, object }: { runId: RunId; object: StoredObject }) {
  const isFile = isBinaryType(object.type);
  const [isAsked, setAsked] = useState(object.bytes !== undefined && object.bytes <= SHOWN_BYTES);
  const reading = useStored({ runId, object, isAsked: isAsked && !isFile });
  const download = useDownload(runId, object);
  const size = object.bytes === undefined ? '' : formatBytes(object.bytes);
  return (
    <section aria-label={object.name} className="rounded-md border border-line">
      <header className="flex min-h-9 items-center gap-2 px-3 text-sm">
        <FileText aria-hidden size={14} className="shrink-0 text-quiet" />
        <span className="min-w-0 grow truncate font-medium">{object.name}</span>
        <span className="tabular-nums text-quiet">{size}</span>
        <IconButton
          label={`${runWords.data.download} ${object.name}`}
          icon={Download}
          size="sm"
          disabled={download.isBusy}
          onClick={download.start}
        />
      </header>
      <div className="px-3 pb-3">
        {download.error ? <Notice message={runWords.data.notSaved(download.error.message)} /> : null}
        {isFile || reading?.state === 'binary' ? (
          <p className="flex items-center justify-between gap-3 text-sm text-quiet">
            {runWords.data.binary(object.type)}
            <Button size="sm" busy={download.isBusy} onClick={download.start}>
              {runWords.data.download}
            </Button>
          </p>
        ) : null}
        {isAsked || isFile ? null : (
          <p className="flex items-center justify-between gap-3 text-sm text-quiet">
            {runWords.data.large(size)}
            <Button size="sm" onClick={() => setAsked(true)}>
              {runWords.data.load}
            </Button>
          </p>
        )}
        {reading?.state === 'asked' ? <Skeleton label={runWords.data.loading} /> : null}
        {reading?.state === 'broken' ? <Notice message={reading.error.message} /> : null}
        {reading?.state === 'open' ? <TextView label={object.name} source={reading.source} /> : null}
      </div>
    </section>
  );
}

function useDownload(runId: RunId, object: StoredObject) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const start = () => {
    setBusy(true);
    setError(undefined);
    fetchStored(runId, object)
      .then((blob) => saveFile(object.name, blob), setError)
      .finally(() => setBusy(false));
  };
  return { start, isBusy, error };
}

function useStored({
  runId,
  object,
  isAsked,
}: {
  runId: RunId;
  object: StoredObject;
  isAsked: boolean;
}): Reading | undefined {
  const [reading, setReading] = useState<Reading>();
  useEffect(() => {
    if (!isAsked) return undefined;
    const abort = new AbortController();
    let source: LineSource | undefined;
    setReading({ state: 'asked' });
    fetchStored(runId, object, { signal: abort.signal })
      .then(async (blob) => ((await isBinary(blob)) ? undefined : openBlob(blob, object.isJson)))
      .then(
        (opened) => {
          source = opened;
          if (abort.signal.aborted) opened?.close();
          else if (!opened) setReading({ state: 'binary' });
          else setReading({ state: 'open', source: opened });
        },
        (error: Error) => {
          if (!abort.signal.aborted) setReading({ state: 'broken', error });
        },
      );
    return () => {
      abort.abort();
      source?.close();
    };
  }, [runId, object, isAsked]);
  return reading;
}
