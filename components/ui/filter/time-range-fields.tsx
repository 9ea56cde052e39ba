'use client';

import { type FormEvent, useState } from 'react';
import { Button } from '../button.tsx';
import { Field, TextInput } from '../field.tsx';
import {
  fromLocalInput,
  QUICK_RANGES,
  readTimeRange,
  sayTimeRange,
  toLocalInput,
  writeTimeRange,
  zoneName,
} from './time-range.ts';
import { words } from './words.ts';

/** Quick ranges that reach back from now, and two ends of one's own. */
export function TimeRangeFields({ value, onChange }: { value: string; onChange(value: string): void }) {
  return (
    <div className="flex flex-col gap-3">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend that is drawn already */}
      <div role="group" aria-label={words.back} className="grid grid-cols-2 gap-1">
        {QUICK_RANGES.map((range) => (
          <button
            key={range}
            type="button"
            aria-pressed={value === range}
            onClick={() => onChange(range)}
            className="h-7 rounded-sm px-2 text-left hover:bg-hover focus-visible:-outline-offset-2 aria-pressed:bg-accent-soft aria-pressed:text-accent"
          >
            {sayTimeRange(range).replace(/^last /, 'Last ')}
          </button>
        ))}
      </div>
      <OwnRange value={value} onChange={onChange} />
    </div>
  );
}

function OwnRange({ value, onChange }: { value: string; onChange(value: string): void }) {
  const given = readTimeRange(value, Date.now());
  const [from, setFrom] = useState(toLocalInput(given?.from));
  const [to, setTo] = useState(toLocalInput(given?.to));
  const range = { from: fromLocalInput(from), to: fromLocalInput(to) };
  const isBackwards = range.from !== undefined && range.to !== undefined && range.from >= range.to;
  const isNone = range.from === undefined && range.to === undefined;
  const apply = (event: FormEvent) => {
    event.preventDefault();
    onChange(writeTimeRange(range));
  };
  return (
    <form onSubmit={apply} className="flex flex-col gap-2 border-t border-line pt-3">
      <Field label={words.from}>
        <TextInput type="datetime-local" value={from} onChange={setFrom} />
      </Field>
      <Field label={words.to} hint={words.zone(zoneName())} error={isBackwards ? words.backwards : undefined}>
        <TextInput type="datetime-local" value={to} onChange={setTo} />
      </Field>
      <Button type="submit" size="sm" look="primary" disabled={isNone || isBackwards}>
        {words.apply}
      </Button>
    </form>
  );
}
