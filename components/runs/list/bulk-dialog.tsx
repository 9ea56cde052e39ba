'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type act, type Input, newKey } from '../../data/index.ts';
import { lookOfRun } from '../../looks/index.ts';
import { type Asked, Broken } from '../../shell/broken.tsx';
import { Failure } from '../../shell/failure.tsx';
import { useAct } from '../../shell/use-act.ts';
import { useGoOn } from '../../shell/use-go-on.ts';
import { Button } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Skeleton } from '../../ui/feedback.tsx';
import { shortId } from '../../ui/short-id.ts';
import { StatusText } from '../../ui/status.tsx';
import { Ago } from '../../ui/text.tsx';
import { type BulkAction, words } from '../words.ts';
import { bulkPreview } from './bulk-preview.ts';
import type { RunFilter } from './filters.ts';

/** Which runs it is about: these, or all that match. */
export type BulkTarget = { ids: string[] } | { filter: RunFilter };

export interface BulkRequest {
  action: BulkAction;
  target: BulkTarget;
}

const SAMPLE = 5;

/** What it would be about is counted by the server before anybody says yes; then the way leads to its progress. */
export function BulkDialog({ request, onClose }: { request: BulkRequest; onClose(): void }) {
  const { action, target } = request;
  const goOn = useGoOn();
  const [key] = useState(newKey);
  const [options, setOptions] = useState<Options>({ begin: 'failure', version: 'original' });
  const asked = { action, ...target } as Input<'bulk.create'>;
  const preview = useQuery(bulkPreview(asked));
  const create = useAct('bulk.create', {
    inDialog: true,
    refresh: [['bulk'], ['runs']],
    onDone: ({ bulk }) => {
      if (bulk) goOn({ href: `/bulk/${bulk.id}`, made: 'bulk' }, onClose);
    },
  });
  const count = preview.data?.count;
  const { begin, version } = options;
  const ofReplay = action === 'replay' ? { from_failure: begin === 'failure', version } : {};
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title={words.bulk.title(action, count)}
      description={words.bulk.consequence(action)}
      width="md"
      actions={
        <>
          <Button onClick={onClose}>{words.bulk.keep}</Button>
          <Button
            look={action === 'cancel' ? 'danger' : 'primary'}
            busy={create.isBusy}
            disabled={count === undefined || count === 0}
            onClick={() => create.run({ ...asked, ...ofReplay, idempotency_key: key })}
          >
            {words.bulk.confirm(action, count)}
          </Button>
        </>
      }
    >
      {action === 'replay' ? <ReplayOptions options={options} onChange={setOptions} /> : null}
      <Sample asked={preview} />
      <Failure of={create.error} />
    </Dialog>
  );
}

interface Options {
  begin: 'failure' | 'start';
  version: 'original' | 'newest';
}

function ReplayOptions({ options, onChange }: { options: Options; onChange(options: Options): void }) {
  return (
    <div className="mb-4 flex flex-wrap gap-x-6 gap-y-3">
      <Option label={words.bulk.from}>
        <Segments
          label={words.bulk.from}
          value={options.begin}
          onChange={(begin) => onChange({ ...options, begin })}
          choices={[
            { value: 'failure', label: words.bulk.fromFailure },
            { value: 'start', label: words.bulk.fromStart },
          ]}
        />
      </Option>
      <Option label={words.bulk.version}>
        <Segments
          label={words.bulk.version}
          value={options.version}
          onChange={(version) => onChange({ ...options, version })}
          choices={[
            { value: 'original', label: words.bulk.original },
            { value: 'newest', label: words.bulk.newest },
          ]}
        />
      </Option>
    </div>
  );
}

function Option({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <p className="mb-1 text-sm font-medium">{label}</p>
      {children}
    </div>
  );
}

type Preview = Awaited<ReturnType<typeof act<'bulk.create'>>>;

function Sample({ asked }: { asked: Asked & { data: Preview | undefined } }) {
  const preview = asked.data;
  if (asked.error) return <Broken of={asked} />;
  if (!preview) return <Skeleton label={words.bulk.counting} rows={SAMPLE} />;
  if (preview.count === 0) return <p className="text-quiet">{words.bulk.nothing}</p>;
  return (
    <>
      <h3 className="mb-1 text-sm text-quiet">{words.bulk.sample}</h3>
      <ul className="text-sm">
        {preview.sample.slice(0, SAMPLE).map((run) => (
          <li key={run.id} className="flex min-h-7 items-center justify-between gap-4">
            <span className="shrink-0 font-mono text-xs">{shortId(run.id)}</span>
            <span className="shrink-0">
              <StatusText look={lookOfRun(run.status)} />
            </span>
            <span className="min-w-0 grow truncate text-quiet" title={run.error?.message}>
              {run.error?.message}
            </span>
            <span className="shrink-0 text-quiet">
              <Ago at={run.created_at} />
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
