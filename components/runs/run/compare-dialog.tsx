'use client';

import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useId, useState } from 'react';
import { isId } from '../../../server/domain/id-pattern.ts';
import { query } from '../../data/index.ts';
import { lookOfRun } from '../../looks/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Skeleton } from '../../ui/feedback.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { formatDuration } from '../../ui/format.ts';
import { Link } from '../../ui/link.tsx';
import { shortId } from '../../ui/short-id.ts';
import { StatusIcon } from '../../ui/status.tsx';
import { Ago } from '../../ui/text.tsx';
import { compareHref } from '../compare-href.ts';
import type { RunRow } from '../list/run-row.ts';
import { runWords } from './run-words.ts';
import type { Run } from './use-run.ts';

const { compareDialog: text } = runWords;
const SHOWN = 10;

/** Which run to lay beside this one: one of the newest of its pipeline, or any by its id. */
export function CompareDialog({ run, onClose }: { run: Run; onClose(): void }) {
  const router = useRouter();
  const form = useId();
  const [typed, setTyped] = useState('');
  const other = typed.trim();
  const error = other === run.id ? text.itself : other === '' || isId('run', other) ? undefined : text.badId;
  const isGood = other !== '' && error === undefined;
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title={text.title}
      description={text.why}
      width="md"
      actions={
        <>
          <Button onClick={onClose}>{text.keep}</Button>
          <Button look="primary" type="submit" form={form} disabled={!isGood}>
            {text.confirm}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <form
          id={form}
          onSubmit={(event) => {
            event.preventDefault();
            if (isGood) router.push(compareHref(run.id, other));
          }}
        >
          <Field label={text.id} error={error}>
            <TextInput mono value={typed} onChange={setTyped} placeholder={text.idExample} maxLength={64} />
          </Field>
        </form>
        {run.pipeline_id === null ? null : <Recent run={run} pipelineId={run.pipeline_id} />}
      </div>
    </Dialog>
  );
}

function Recent({ run, pipelineId }: { run: Run; pipelineId: NonNullable<Run['pipeline_id']> }) {
  const asked = useQuery(query('runs.list', { pipeline_id: pipelineId, limit: SHOWN + 1 }));
  const others = asked.data?.runs.filter(({ id }) => id !== run.id).slice(0, SHOWN);
  if (asked.error && !others) return <Broken of={asked} />;
  return (
    <section aria-label={text.recent}>
      <h3 className="mb-1 text-sm font-medium">{text.recent}</h3>
      {others === undefined ? <Skeleton label={text.loading} rows={5} /> : null}
      {others?.length === 0 ? <p className="text-sm text-quiet">{text.noOther}</p> : null}
      <ul className="-mx-2 flex flex-col">
        {others?.map((other) => (
          <li key={other.id}>
            <Other run={run} other={other} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Other({ run, other }: { run: Run; other: RunRow }) {
  const look = lookOfRun(other.status);
  return (
    <Link
      href={compareHref(run.id, other.id)}
      className="flex min-h-9 items-center gap-2.5 rounded-md px-2 text-sm tabular-nums hover:bg-hover pointer-coarse:min-h-11"
    >
      <StatusIcon look={look} />
      <span className="whitespace-nowrap font-mono text-xs">{shortId(other.id)}</span>
      <span className="text-quiet max-sm:sr-only">{look.label}</span>
      {other.version_id === run.version_id ? null : (
        <span className="whitespace-nowrap rounded-full bg-sunken px-2 text-xs text-quiet">
          {text.otherVersion}
        </span>
      )}
      <span className="grow" />
      {other.finished_at === null ? null : (
        <span className="text-quiet max-sm:hidden">
          {formatDuration(Date.parse(other.finished_at) - Date.parse(other.created_at))}
        </span>
      )}
      <span className="min-w-20 text-right text-quiet">
        <Ago at={other.created_at} />
      </span>
    </Link>
  );
}
