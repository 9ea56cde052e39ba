'use client';

import { type FormEvent, useState } from 'react';
import { Button } from '../button.tsx';
import { useClock } from '../clock.ts';
import { Field, TextInput } from '../field.tsx';
import { Select } from '../select.tsx';
import { asEdited, knownZones, ownZone, toWallTime, zoneName } from '../zone.ts';
import {
  atStart,
  QUICK_RANGES,
  readTimeRange,
  sayTimeRange,
  toMinute,
  writeTimeRange,
} from './time-range.ts';
import { words } from './words.ts';

export interface TimeRangeFieldsProps {
  value: string;
  onChange(value: string): void;
  /** In which it is told and typed; left out: that of whoever looks. */
  zone?: string | undefined;
  /** With it the zone can be chosen; null: that of whoever looks. */
  onZone?(zone: string | null): void;
}

/** Quick ranges that reach back from now, and two ends of one's own. */
export function TimeRangeFields({ value, onChange, zone, onZone }: TimeRangeFieldsProps) {
  const told = zone ?? ownZone();
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
            className="h-7 pointer-coarse:h-10 rounded-sm px-2 text-left hover:bg-hover focus-visible:-outline-offset-2 aria-pressed:bg-accent-soft aria-pressed:text-accent"
          >
            {atStart(sayTimeRange(range))}
          </button>
        ))}
      </div>
      {onZone ? <ZoneChoice zone={told} onZone={onZone} /> : null}
      <OwnRange key={told} value={value} onChange={onChange} zone={told} />
    </div>
  );
}

function ZoneChoice({ zone, onZone }: { zone: string; onZone(zone: string | null): void }) {
  const own = ownZone();
  const name = (each: string) => (each === own ? words.ownZone(zoneName(each)) : zoneName(each));
  const [choices] = useState(() =>
    [...new Set([...knownZones(), zone])].map((each) => ({ value: each, label: name(each) })),
  );
  return (
    <div className="flex flex-col gap-1 border-t border-line pt-3">
      <span aria-hidden className="text-sm font-medium">
        {words.timeZone}
      </span>
      <Select
        label={words.timeZone}
        value={zone}
        choices={choices}
        onChange={(next) => onZone(next === own ? null : next)}
      />
    </div>
  );
}

/** Seconds are there to be edited where the range has some: the field would refuse them otherwise. */
const stepOf = (text: string) => (text.split(':').length > 2 ? 1 : 60);

function OwnRange({ value, onChange, zone }: { value: string; onChange(value: string): void; zone: string }) {
  const readTime = useClock();
  const [given] = useState(() => readTimeRange(value, toMinute(readTime())));
  const shown = { from: toWallTime(given?.from, zone), to: toWallTime(given?.to, zone) };
  const [from, setFrom] = useState(shown.from);
  const [to, setTo] = useState(shown.to);
  const range = { from: asEdited(given?.from, from, zone), to: asEdited(given?.to, to, zone) };
  const isBackwards = range.from !== undefined && range.to !== undefined && range.from >= range.to;
  const isNone = range.from === undefined && range.to === undefined;
  const apply = (event: FormEvent) => {
    event.preventDefault();
    onChange(writeTimeRange(range));
  };
  return (
    <form onSubmit={apply} className="flex flex-col gap-2 border-t border-line pt-3">
      <Field label={words.from}>
        <TextInput type="datetime-local" step={stepOf(shown.from)} value={from} onChange={setFrom} />
      </Field>
      <Field
        label={words.to}
        hint={words.zone(zoneName(zone))}
        error={isBackwards ? words.backwards : undefined}
      >
        <TextInput type="datetime-local" step={stepOf(shown.to)} value={to} onChange={setTo} />
      </Field>
      <Button type="submit" size="sm" look="primary" disabled={isNone || isBackwards}>
        {words.apply}
      </Button>
    </form>
  );
}
