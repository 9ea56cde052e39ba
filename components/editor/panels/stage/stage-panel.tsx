'use client';

import { CirclePlay, Play, Trash2 } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useState } from 'react';
import { isJsonObject, type Json } from '../../../../server/domain/json.ts';
import { useMay } from '../../../shell/use-may.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { Field, TextInput } from '../../../ui/field.tsx';
import { patiently } from '../../../ui/patiently.ts';
import { Tooltip } from '../../../ui/tooltip.tsx';
import { iconOf } from '../../canvas/icons.ts';
import { useEditor } from '../../context.ts';
import type { StageItem } from '../../model/document.ts';
import { renameStage, setField, whyNotRename } from '../../model/edits/stages.ts';
import { stageId } from '../../model/items.ts';
import { isToolStage } from '../../model/mcp/known-mcp.ts';
import type { EditorProblem } from '../../model/problems.ts';
import { removeSelected } from '../../remove-selected.ts';
import { useObserved } from '../../store/observable.ts';
import { words } from '../../words.ts';
import { Fields, ReadOnly, Section, TextField } from '../fields.tsx';
import { SchemaForm } from '../schema-form.tsx';
import { CapabilityField } from './capability-field.tsx';
import { InRun } from './in-run.tsx';
import { InputSection } from './input-section.tsx';
import { LastRun } from './last-run.tsx';
import { LimitsSections } from './limits-sections.tsx';
import type { SetField } from './set-field.ts';
import { WiresSection } from './wires-section.tsx';

// Of one kind of stage, so it comes when one is looked at.
const McpConfig = dynamic(patiently(() => import('./mcp/mcp-config.tsx').then((module) => module.McpConfig)));

/** All that a stage can be told. */
export function StagePanel({ stage }: { stage: StageItem }) {
  const { asked, problems, isReadOnly } = useEditor();
  const set = useSetter(stage);
  const own = useObserved(problems, (list) => list).filter(({ item }) => item === stageId(stage.key));
  // A warning stands above in its own colour; a field is red for what cannot be published.
  const wrong = (field: string) =>
    own.find((problem) => problem.field === field && problem.severity === 'error')?.message;
  return (
    <div className="flex flex-col">
      <Head stage={stage} />
      <Problems problems={own} />
      <InRun stageKey={stage.key} />
      <ReadOnly value={isReadOnly}>
        <Fields className="flex min-w-0 flex-col gap-4 p-4">
          <TextField
            label={words.name}
            value={typeof stage.name === 'string' ? stage.name : undefined}
            placeholder={stage.key}
            onChange={(name) => set('name', name)}
          />
          <KeyField key={stage.key} stage={stage} />
          <CapabilityField stage={stage} error={wrong('type')} onChange={(type) => set('type', type)} />
        </Fields>
        <Section title={words.config} open>
          <Config stage={stage} onChange={(config) => set('config', config)} />
        </Section>
        <LastRun stageKey={stage.key} />
        <InputSection stage={stage} error={wrong('input')} onChange={(input) => set('input', input)} />
        <WiresSection
          stage={stage}
          conditionError={wrong('condition')}
          onCondition={(value) => set('condition', value)}
        />
        <LimitsSections stage={stage} set={set} />
      </ReadOnly>
      <div className="border-t border-line p-4">
        <Button wide onClick={() => asked.set({ kind: 'connect', from: stage.key })} disabled={isReadOnly}>
          {words.connectTo}
        </Button>
      </div>
    </div>
  );
}

function Head({ stage }: { stage: StageItem }) {
  const editor = useEditor();
  const mayRun = useMay()('run.operate');
  const Icon = iconOf(stage.type);
  return (
    <header className="flex items-center gap-2.5 border-b border-line px-4 py-3">
      <span className="flex size-8 shrink-0 items-center justify-center rounded-md border border-line bg-sunken text-quiet">
        <Icon aria-hidden size={16} />
      </span>
      <h2 className="min-w-0 grow truncate font-semibold">{String(stage.name ?? stage.key)}</h2>
      {mayRun ? <RunButtons from={stage.key} /> : null}
      {editor.isReadOnly ? null : (
        <Tooltip text={words.delete} keys="del">
          <IconButton
            label={words.deleteThisStage}
            icon={Trash2}
            size="sm"
            onClick={() => removeSelected(editor)}
          />
        </Tooltip>
      )}
    </header>
  );
}

function RunButtons({ from }: { from: string }) {
  const { asked } = useEditor();
  return (
    <>
      <Tooltip text={words.run.onlyHint}>
        <IconButton
          label={words.run.only}
          icon={CirclePlay}
          size="sm"
          onClick={() => asked.set({ kind: 'run', from, isAlone: true })}
        />
      </Tooltip>
      <Tooltip text={words.run.fromHint}>
        <IconButton
          label={words.run.from}
          icon={Play}
          size="sm"
          onClick={() => asked.set({ kind: 'run', from })}
        />
      </Tooltip>
    </>
  );
}

function Problems({ problems }: { problems: readonly EditorProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <ul
      aria-label={words.problemsOfThisStage}
      className="flex flex-col gap-1.5 border-b border-line px-4 py-3 text-sm"
    >
      {problems.map(({ id, severity, message, advice }) => (
        <li key={id} className={severity === 'error' ? 'text-bad' : 'text-warn'}>
          {message} <span className="text-quiet">{advice}</span>
        </li>
      ))}
    </ul>
  );
}

function useSetter(stage: StageItem): SetField {
  const { store } = useEditor();
  return (field, value) => {
    store.perform(setField(store.get().document, stage.key, { field, value }));
  };
}

/** Taken over when the field is left, as all that names the stage is changed with it. */
function KeyField({ stage }: { stage: StageItem }) {
  const { store } = useEditor();
  const [wish, setWish] = useState(stage.key);
  const { document } = store.get();
  const refused = whyNotRename(document, stage.key, wish);
  const take = () => {
    if (wish === stage.key || refused !== null) return;
    store.perform(renameStage(store.get().document, stage.key, wish));
  };
  return (
    <Field label={words.key} hint={words.whatExpressionsCallItThey} error={refused ?? undefined}>
      <TextInput
        mono
        value={wish}
        onChange={setWish}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take();
          if (event.key === 'Escape') setWish(stage.key);
        }}
      />
    </Field>
  );
}

function Config({ stage, onChange }: { stage: StageItem; onChange(config: Json | undefined): void }) {
  const { capabilities } = useEditor();
  const offered = useObserved(capabilities, (known) => known);
  const schema = offered?.get(stage.type)?.configSchema ?? null;
  const config = isJsonObject(stage.config) ? stage.config : {};
  if (isToolStage(stage, offered)) {
    return <McpConfig key={stage.key} stage={stage} schema={schema} onChange={onChange} />;
  }
  // The fields keep what is typed into them, so those of another stage are others.
  return <SchemaForm key={`${stage.key} ${stage.type}`} schema={schema} value={config} onChange={onChange} />;
}
