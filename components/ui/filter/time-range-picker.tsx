'use client';

import { CalendarClock, ChevronDown } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../button.tsx';
import { Popover } from '../popover.tsx';
import { atStart } from './time-range.ts';
import { TimeRangeFields, type TimeRangeFieldsProps } from './time-range-fields.tsx';
import { useSayRange } from './use-say-range.ts';
import { words } from './words.ts';

/** The range that a whole page is about, and where its zone can be chosen, that. */
export function TimeRangePicker({
  label = words.range,
  value,
  onChange,
  zone,
  onZone,
}: TimeRangeFieldsProps & { label?: string }) {
  const [isOpen, setOpen] = useState(false);
  const range = useSayRange(zone)(value);
  const said = zone === undefined ? range : `${range} · ${zone}`;
  return (
    <Popover
      title={label}
      align="end"
      open={isOpen}
      onOpenChange={setOpen}
      trigger={
        <Button icon={CalendarClock} aria-label={`${label}: ${said}`}>
          {atStart(said)}
          <ChevronDown aria-hidden size={14} className="text-quiet" />
        </Button>
      }
    >
      <TimeRangeFields
        {...{ value, zone }}
        {...(onZone ? { onZone } : {})}
        onChange={(next) => {
          setOpen(false);
          onChange(next);
        }}
      />
    </Popover>
  );
}
