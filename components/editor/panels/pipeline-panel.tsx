'use client';

import type { Json } from '../../../server/domain/json.ts';
import { useEditor } from '../context.ts';
import { setSetting } from '../model/edits/stages.ts';
import { counted } from '../model/names.ts';
import { useObserved } from '../store/observable.ts';
import { JsonField, NumberField, Section } from './fields.tsx';

/** The pipeline itself, while nothing is selected. */
export function PipelinePanel() {
  const { store, isReadOnly } = useEditor();
  const document = useObserved(store, (state) => state.document);
  const { settings, stages, dependencies } = document;
  const set = (field: string) => (value: Json | undefined) => {
    store.perform(setSetting(store.get().document, field, value));
  };
  return (
    <div>
      <header className="border-b border-line px-4 py-3">
        <h2 className="font-semibold">Pipeline</h2>
        <p className="text-sm text-quiet">
          {counted(stages.length, 'stage')}, {counted(dependencies.length, 'connection')}. Select one to set
          it up.
        </p>
      </header>
      <fieldset disabled={isReadOnly} className="min-w-0">
        <Section title="What a run is given">
          <JsonField
            label="JSON Schema of the input"
            hint="Its first example is what a run starts with here. Its fields are offered to expressions."
            value={settings.inputSchema}
            onChange={set('inputSchema')}
            placeholder='{ "type": "object" }'
          />
          <JsonField
            label="JSON Schema of the parameters"
            value={settings.parametersSchema}
            onChange={set('parametersSchema')}
            placeholder='{ "type": "object" }'
          />
        </Section>
        <Section title="Time limit">
          <NumberField
            label="A whole run, seconds"
            hint="A run that takes longer fails."
            value={typeof settings.deadlineSeconds === 'number' ? settings.deadlineSeconds : undefined}
            placeholder="none"
            onChange={set('deadlineSeconds')}
          />
        </Section>
      </fieldset>
    </div>
  );
}
