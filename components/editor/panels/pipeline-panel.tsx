'use client';

import { isJsonObject, type Json } from '../../../server/domain/json.ts';
import { useEditor } from '../context.ts';
import { setSetting } from '../model/edits/stages.ts';
import { counts } from '../model/words.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { JsonField, NumberField, ReadOnly, Section } from './fields.tsx';
import { MarkField } from './mark-field.tsx';

/** The pipeline itself, while nothing is selected. */
export function PipelinePanel() {
  const { store, isReadOnly } = useEditor();
  const document = useObserved(store, (state) => state.document);
  const { settings, stages, dependencies } = document;
  const marks = isJsonObject(settings.sensitive) ? settings.sensitive : {};
  const set = (field: string) => (value: Json | undefined) => {
    store.perform(setSetting(store.get().document, field, value));
  };
  return (
    <div>
      <header className="border-b border-line px-4 py-3">
        <h2 className="font-semibold">{words.pipeline}</h2>
        <p className="text-sm text-quiet">
          {words.selectOne(counts.stages(stages.length), counts.connections(dependencies.length))}
        </p>
      </header>
      <ReadOnly value={isReadOnly}>
        <div className="min-w-0">
          <Section title={words.whatARunIsGiven}>
            <JsonField
              label={words.jsonSchemaOfTheInput}
              hint={words.itsFirstExampleIsWhat}
              value={settings.inputSchema}
              onChange={set('inputSchema')}
              placeholder={words.typeObject}
            />
            <JsonField
              label={words.jsonSchemaOfTheParameters}
              value={settings.parametersSchema}
              onChange={set('parametersSchema')}
              placeholder={words.typeObject}
            />
          </Section>
          <Section title={words.sensitive.title} open={settings.sensitive !== undefined}>
            <p className="text-xs text-quiet">{words.sensitive.note}</p>
            {(['input', 'parameters'] as const).map((name) => (
              <MarkField
                key={name}
                label={words.sensitive[name]}
                value={marks[name]}
                onChange={(mark) => {
                  const { [name]: _, ...rest } = marks;
                  const next = mark === undefined ? rest : { ...rest, [name]: mark };
                  set('sensitive')(Object.keys(next).length === 0 ? undefined : next);
                }}
              />
            ))}
          </Section>
          <Section title={words.timeLimit}>
            <NumberField
              label={words.aWholeRunSeconds}
              hint={words.aRunThatTakesLonger}
              value={typeof settings.deadlineSeconds === 'number' ? settings.deadlineSeconds : undefined}
              placeholder={words.none}
              onChange={set('deadlineSeconds')}
            />
          </Section>
        </div>
      </ReadOnly>
    </div>
  );
}
