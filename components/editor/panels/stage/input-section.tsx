'use client';

import { Plus, X } from 'lucide-react';
import { isJsonObject, type Json, type JsonObject } from '../../../../server/domain/json.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { Segments } from '../../../ui/choice.tsx';
import { TextInput } from '../../../ui/field.tsx';
import type { StageItem } from '../../model/document.ts';
import { words } from '../../words.ts';
import { ExpressionField, Section } from '../fields.tsx';
import { useSuggestions } from '../use-suggestions.ts';
import { panelWords } from '../words.ts';

type Mode = 'passed' | 'one' | 'fields';

const MODES = [
  { value: 'passed', label: panelWords.inputs.passed },
  { value: 'one', label: panelWords.inputs.one },
  { value: 'fields', label: panelWords.inputs.fields },
] as const;

export function InputSection({
  stage,
  error,
  onChange,
}: {
  stage: StageItem;
  error: string | undefined;
  onChange(input: Json | undefined): void;
}) {
  const { input } = stage;
  const mode: Mode = typeof input === 'string' ? 'one' : isJsonObject(input) ? 'fields' : 'passed';
  const turn = (next: Mode) => {
    if (next === mode) return;
    onChange(next === 'passed' ? undefined : next === 'one' ? 'input' : { value: 'input' });
  };
  return (
    <Section title={words.input} open={mode !== 'passed'}>
      <Segments label={words.whatItIsGiven} value={mode} choices={MODES} onChange={turn} />
      {mode === 'passed' ? <p className="text-xs text-quiet">{words.theOutputOfTheStage}</p> : null}
      {typeof input === 'string' ? (
        <OneExpression stage={stage} value={input} error={error} onChange={onChange} />
      ) : null}
      {isJsonObject(input) ? <Fields stage={stage} fields={input} error={error} onChange={onChange} /> : null}
    </Section>
  );
}

function OneExpression({
  stage,
  value,
  error,
  onChange,
}: {
  stage: StageItem;
  value: string;
  error: string | undefined;
  onChange(value: Json | undefined): void;
}) {
  return (
    <ExpressionField
      label={words.inputExpression}
      labelHidden
      value={value}
      error={error}
      suggest={useSuggestions({ stage: stage.key, seesItself: false })}
      onChange={(text) => onChange(text ?? 'input')}
      hint={words.itsValueIsTheInput}
    />
  );
}

function Fields({
  stage,
  fields,
  error,
  onChange,
}: {
  stage: StageItem;
  fields: JsonObject;
  error: string | undefined;
  onChange(value: Json | undefined): void;
}) {
  const suggestions = useSuggestions({ stage: stage.key, seesItself: false });
  const entries = Object.entries(fields);
  const put = (next: readonly (readonly [string, Json])[]) => onChange(Object.fromEntries(next));
  const freeName = () => {
    let count = entries.length + 1;
    while (`field${count}` in fields) count += 1;
    return `field${count}`;
  };
  return (
    <div className="flex flex-col gap-2">
      {entries.map(([name, source], at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a field keeps its place while its name is typed
        <div key={at} className="flex items-start gap-1.5">
          <div className="w-28 shrink-0">
            <TextInput
              mono
              aria-label={words.nameOfField(at + 1)}
              value={name}
              onChange={(next) => {
                if (next !== '' && !(next in fields))
                  put(entries.map((entry, i) => (i === at ? [next, source] : entry)));
              }}
            />
          </div>
          <div className="min-w-0 grow">
            <ExpressionField
              label={words.expressionOf(name)}
              labelHidden
              value={String(source)}
              suggest={suggestions}
              onChange={(text) => put(entries.map((entry, i) => (i === at ? [name, text ?? 'null'] : entry)))}
            />
          </div>
          <IconButton
            label={words.remove(name)}
            icon={X}
            size="sm"
            onClick={() => put(entries.filter((_, i) => i !== at))}
          />
        </div>
      ))}
      {error === undefined ? null : <p className="text-sm text-bad">{error}</p>}
      <div>
        <Button size="sm" icon={Plus} onClick={() => put([...entries, [freeName(), 'input']])}>
          {words.addAField}
        </Button>
      </div>
    </div>
  );
}
