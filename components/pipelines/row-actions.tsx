'use client';

import { Play } from 'lucide-react';
import { useState } from 'react';
import type { Json } from '../../server/domain/json.ts';
import { type ApiError, act, ask, type OnceKeys, useOnceKeys } from '../data/index.ts';
import { sampleOf } from '../schema-form/index.ts';
import { useGoOn } from '../shell/use-go-on.ts';
import { IconButton } from '../ui/button.tsx';
import { useToast } from '../ui/toast.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { RowMenu, type RowProps } from './row-menu.tsx';
import type { Pipeline } from './types.ts';
import { words } from './words.ts';

/** Starts it on the first example of its input schema. */
async function runSample(id: Pipeline['id'], keys: OnceKeys) {
  const { version } = await ask('pipelines.get', { id });
  const { inputSchema } = (version?.graph ?? {}) as { inputSchema?: Json };
  const wanted = { id, input_data: sampleOf(inputSchema), ...(version ? { version: version.number } : {}) };
  const run = await act('pipelines.execute', { ...wanted, idempotency_key: keys.keyOf(wanted) });
  keys.isDone(wanted);
  return run;
}

export function RowActions({ pipeline, rights, onRun }: RowProps) {
  return (
    <span className="flex items-center justify-end gap-0.5">
      {rights.mayRun && pipeline.archived_at === null ? <SampleButton pipeline={pipeline} /> : null}
      <RowMenu pipeline={pipeline} rights={rights} onRun={onRun} />
    </span>
  );
}

function SampleButton({ pipeline: { id, version } }: { pipeline: Pipeline }) {
  const goOn = useGoOn();
  const toast = useToast();
  const keys = useOnceKeys();
  const [isStarting, setStarting] = useState(false);
  const start = () => {
    setStarting(true);
    runSample(id, keys).then(
      (run) => goOn({ href: `/runs/${run.id}`, made: 'run' }),
      ({ message, advice }: ApiError) => {
        setStarting(false);
        toast({ title: message, ...(advice === undefined ? {} : { description: advice }), isFailure: true });
      },
    );
  };
  return (
    <Tooltip text={words.runSample}>
      <IconButton
        label={words.runSample}
        icon={Play}
        disabled={version === null || isStarting}
        onClick={start}
      />
    </Tooltip>
  );
}
