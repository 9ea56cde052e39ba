'use client';

import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Json } from '../../../server/domain/json.ts';
import { type Answer, query, useOnceKeys } from '../../data/index.ts';
import { InputForm, sampleOf } from '../../schema-form/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { useAct } from '../../shell/use-act.ts';
import { useGoOn } from '../../shell/use-go-on.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Notice, Skeleton } from '../../ui/feedback.tsx';
import type { Pipeline } from '../types.ts';
import { words } from './words.ts';

type Details = Answer<'pipelines.get'>;

/** Runs the newest version of a pipeline on what is filled in. */
export function RunDialog({ id, onClose }: { id: string; onClose(): void }) {
  const asked = useQuery(query('pipelines.get', { id: id as Pipeline['id'] }));
  const { data, error } = asked;
  if (data?.version) return <Loaded pipeline={data} version={data.version} onClose={onClose} />;
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title={words.title(data?.name ?? '')}
      width="md"
    >
      {error ? <Broken of={asked} /> : null}
      {data ? <Notice message={words.unpublished} /> : null}
      {data || error ? null : <Skeleton label={words.loading} rows={6} />}
    </Dialog>
  );
}

function Loaded({
  pipeline,
  version,
  onClose,
}: {
  pipeline: Details;
  version: NonNullable<Details['version']>;
  onClose(): void;
}) {
  const { inputSchema: schema } = version.graph as { inputSchema?: Json };
  const [value, setValue] = useState<Json | undefined>(() => sampleOf(schema));
  const keys = useOnceKeys();
  const goOn = useGoOn();
  const form = useId();
  const start = useAct('pipelines.execute', {
    inDialog: true,
    refresh: [['runs'], ['pipelines']],
    onDone: (run) => goOn({ href: `/runs/${run.id}`, made: 'run' }),
  });
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title={words.title(pipeline.name)}
      description={[words.description(version.number), ...(schema === undefined ? [] : [words.sample])].join(
        ' ',
      )}
      width="md"
      actions={
        <Button type="submit" form={form} look="primary" busy={start.isBusy} disabled={value === undefined}>
          {words.start}
        </Button>
      }
    >
      <form
        id={form}
        onSubmit={(event) => {
          event.preventDefault();
          if (value === undefined) return;
          const wanted = { id: pipeline.id, input_data: value, version: version.number };
          start.run({ ...wanted, idempotency_key: keys.keyOf(wanted) });
        }}
      >
        {start.error ? <Notice message={start.error.message} advice={start.error.advice} /> : null}
        <InputForm label={words.as} hint={words.noSchema} {...{ schema, value }} onChange={setValue} />
      </form>
    </Dialog>
  );
}
