'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { RunId } from '../../../server/domain/ids.ts';
import type { Json } from '../../../server/domain/json.ts';
import { isRunFailure } from '../../../server/domain/statuses.ts';
import { query, useOnceKeys } from '../../data/index.ts';
import { Failure } from '../../shell/failure.tsx';
import { useAct } from '../../shell/use-act.ts';
import { useGoOn } from '../../shell/use-go-on.ts';
import { Button } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextArea } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { runWords } from './run-words.ts';
import type { Run } from './use-run.ts';

const BROKE = '?broke';
const ALL = '?all';

/** Where to begin, with which version, and on what. */
export function ReplayDialog({ run, from, onClose }: { run: Run; from: string | null; onClose(): void }) {
  const goOn = useGoOn();
  const keys = useOnceKeys();
  const isKnown = run.stages.some((stage) => stage.key === from);
  const [begin, setBegin] = useState(
    from !== null && isKnown ? from : isRunFailure(run.status) ? BROKE : ALL,
  );
  const [version, setVersion] = useState<'original' | 'newest'>('original');
  const [own, setOwn] = useState<string>();
  const input = parse(own);
  const replay = useAct('runs.replay', {
    inDialog: true,
    onDone: ({ id }) => goOn({ href: `/runs/${id}`, made: 'run' }, onClose),
  });
  const ask = () => {
    const wanted = {
      id: run.id as RunId,
      version,
      ...(begin === BROKE ? { from_failure: true } : begin === ALL ? {} : { from: begin }),
      ...(input === undefined ? {} : { input_data: input.value }),
    };
    replay.run({ ...wanted, idempotency_key: keys.keyOf(wanted) });
  };
  const text = runWords.replayDialog;
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
          <Button look="primary" busy={replay.isBusy} disabled={own !== undefined && !input} onClick={ask}>
            {text.confirm}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Labelled label={text.begin}>
          <Select label={text.begin} value={begin} choices={beginnings(run)} onChange={setBegin} />
        </Labelled>
        <Labelled label={text.version}>
          <Segments
            label={text.version}
            value={version}
            onChange={setVersion}
            choices={[
              { value: 'original', label: text.original },
              { value: 'newest', label: text.newest },
            ]}
          />
        </Labelled>
        <OwnInput run={run} own={own} isBad={own !== undefined && !input} onChange={setOwn} />
        <Failure of={replay.error} />
      </div>
    </Dialog>
  );
}

const beginnings = (run: Run) => [
  { value: BROKE, label: runWords.replayDialog.broke },
  { value: ALL, label: runWords.replayDialog.all },
  ...run.stages.map(({ key, name }) => ({ value: key, label: name })),
];

function parse(text: string | undefined): { value: Json } | undefined {
  if (text === undefined) return undefined;
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return undefined;
  }
}

function Labelled({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <p className="mb-1 text-sm font-medium">{label}</p>
      {children}
    </div>
  );
}

/** The input of the run is fetched only by whoever wants another. */
function OwnInput({
  run,
  own,
  isBad,
  onChange,
}: {
  run: Run;
  own: string | undefined;
  isBad: boolean;
  onChange(own: string | undefined): void;
}) {
  const text = runWords.replayDialog;
  const [isOwn, setIsOwn] = useState(false);
  const { data } = useQuery({ ...query('runs.get', { id: run.id as RunId }), enabled: isOwn });
  const given = data === undefined ? '' : JSON.stringify(data.input, null, 2);
  return (
    <Labelled label={text.input}>
      <Segments
        label={text.input}
        value={isOwn ? 'own' : 'same'}
        onChange={(next) => {
          setIsOwn(next === 'own');
          if (next === 'same') onChange(undefined);
        }}
        choices={[
          { value: 'same', label: text.sameInput },
          { value: 'own', label: text.ownInput },
        ]}
      />
      {isOwn ? (
        <div className="mt-2">
          <Field label={text.ownInput} error={isBad ? text.badJson : undefined}>
            <TextArea mono rows={8} value={own ?? given} onChange={onChange} spellCheck={false} />
          </Field>
        </div>
      ) : null}
    </Labelled>
  );
}
