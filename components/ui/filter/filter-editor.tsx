'use client';

import { Check } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from '../button.tsx';
import { Field, TextInput } from '../field.tsx';
import { useZone } from '../zone.ts';
import { parseDuration, readSpan, typeDuration, writeSpan } from './span.ts';
import { TimeRangeFields } from './time-range-fields.tsx';
import type { FilterDef, FilterValue } from './types.ts';
import { words } from './words.ts';

interface EditorProps<Kind extends FilterDef['kind']> {
  def: Extract<FilterDef, { kind: Kind }>;
  value: FilterValue | null | undefined;
  onChange(value: FilterValue | null): void;
  /** The value is chosen, and there is nothing more to choose. */
  onDone(): void;
}

const asText = (value: FilterValue | null | undefined): string => (typeof value === 'string' ? value : '');
const asList = (value: FilterValue | null | undefined): readonly string[] =>
  typeof value === 'string' ? [value] : (value ?? []);

export function FilterEditor(props: EditorProps<FilterDef['kind']>): ReactNode {
  const { def, value, onChange, onDone } = props;
  const set = (next: FilterValue | null) => {
    onChange(next);
    onDone();
  };
  switch (def.kind) {
    case 'choice':
      return <ChoiceList def={def} chosen={[asText(value)]} onPick={set} />;
    case 'multi': {
      const chosen = asList(value);
      const flip = (pick: string) =>
        onChange(chosen.includes(pick) ? chosen.filter((each) => each !== pick) : [...chosen, pick]);
      return <ChoiceList def={def} chosen={chosen} onPick={flip} />;
    }
    case 'text':
      return <TextEditor {...props} def={def} />;
    case 'time':
      return <TimeEditor value={asText(value)} onChange={set} />;
    case 'duration':
      return <DurationEditor value={asText(value)} onChange={set} />;
  }
}

/** In the zone in which the page tells its times. */
function TimeEditor(props: { value: string; onChange(value: string): void }) {
  return <TimeRangeFields {...props} zone={useZone()} />;
}

/** With more than this, what is looked for is typed. */
const SEARCHED_FROM = 9;

function ChoiceList({
  def,
  chosen,
  onPick,
}: {
  def: Extract<FilterDef, { kind: 'choice' | 'multi' }>;
  chosen: readonly string[];
  onPick(value: string): void;
}) {
  const [search, setSearch] = useState('');
  const shown = def.choices.filter(({ label }) => label.toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <>
      {def.choices.length < SEARCHED_FROM ? null : (
        <div className="mb-2">
          <TextInput
            aria-label={words.findIn(def.label)}
            placeholder={words.find}
            value={search}
            onChange={setSearch}
          />
        </div>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend that is drawn already */}
      <div role="group" aria-label={def.label} className="-mx-1 max-h-72 overflow-y-auto">
        {shown.map(({ value, label, icon: Icon }) => (
          <button
            key={value}
            type="button"
            aria-pressed={chosen.includes(value)}
            onClick={() => onPick(value)}
            className="flex min-h-7 pointer-coarse:min-h-10 w-full items-center gap-2 rounded-sm px-2 text-left hover:bg-hover focus-visible:-outline-offset-2"
          >
            {Icon ? <Icon aria-hidden size={14} className="shrink-0 text-quiet" /> : null}
            <span className="min-w-0 grow truncate">{label}</span>
            {chosen.includes(value) ? <Check aria-hidden size={14} className="shrink-0 text-accent" /> : null}
          </button>
        ))}
        {shown.length === 0 ? <p className="px-2 py-1 text-quiet">{words.notFound}</p> : null}
      </div>
      {def.isCut ? <p className="mt-2 px-1 text-sm text-quiet">{words.cut(def.choices.length)}</p> : null}
    </>
  );
}

const submit = (done: () => void) => (event: FormEvent) => {
  event.preventDefault();
  done();
};

function TextEditor({ def, value, onChange, onDone }: EditorProps<'text'>) {
  const [text, setText] = useState(asText(value));
  const trimmed = text.trim();
  const error = trimmed === '' ? undefined : def.check?.(trimmed);
  const apply = () => {
    onChange(trimmed === '' ? null : trimmed);
    onDone();
  };
  return (
    <form onSubmit={submit(apply)} className="flex flex-col gap-3">
      <Field label={def.label} hint={def.hint} error={error}>
        <TextInput
          value={text}
          onChange={setText}
          placeholder={def.placeholder}
          mono={def.mono ?? false}
          maxLength={200}
        />
      </Field>
      <Apply disabled={error !== undefined} />
    </form>
  );
}

function DurationEditor({ value, onChange }: { value: string; onChange(value: string | null): void }) {
  const span = readSpan(value);
  const [min, setMin] = useState(typeDuration(span?.minMs));
  const [max, setMax] = useState(typeDuration(span?.maxMs));
  const isWrong = (text: string) => text.trim() !== '' && parseDuration(text) === undefined;
  const apply = () => onChange(writeSpan({ minMs: parseDuration(min), maxMs: parseDuration(max) }) || null);
  return (
    <form onSubmit={submit(apply)} className="flex flex-col gap-3">
      <Field label={words.least} error={isWrong(min) ? words.noDuration : undefined}>
        <TextInput value={min} onChange={setMin} placeholder={words.leastExample} />
      </Field>
      <Field label={words.less} error={isWrong(max) ? words.noDuration : undefined}>
        <TextInput value={max} onChange={setMax} placeholder={words.lessExample} />
      </Field>
      <Apply disabled={isWrong(min) || isWrong(max)} />
    </form>
  );
}

function Apply({ disabled }: { disabled: boolean }) {
  return (
    <Button type="submit" size="sm" look="primary" disabled={disabled}>
      {words.apply}
    </Button>
  );
}
