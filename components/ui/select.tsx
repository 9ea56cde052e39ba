'use client';

import { ChevronsUpDown } from 'lucide-react';
import type { ChoiceProps } from './choice.tsx';
import { Late, latePart } from './late.tsx';

const part = latePart(() => import('./parts/select.tsx'));

export const SELECT_BOX =
  'flex h-8 min-w-32 items-center justify-between gap-2 rounded-md border border-control bg-card px-2.5 text-base hover:not-data-disabled:border-quiet data-disabled:opacity-50';

export const SelectMark = () => <ChevronsUpDown aria-hidden size={14} className="shrink-0 text-quiet" />;

/** One of many. */
export function Select<Value extends string>(props: ChoiceProps<Value>) {
  const { label, value, choices, disabled = false } = props;
  return (
    <Late
      part={part}
      plain={
        <button
          type="button"
          role="combobox"
          aria-label={label}
          aria-haspopup="listbox"
          aria-expanded="false"
          disabled={disabled}
          {...(disabled ? { 'data-disabled': '' } : {})}
          className={SELECT_BOX}
        >
          <span>{choices.find((choice) => choice.value === value)?.label ?? value}</span>
          <SelectMark />
        </button>
      }
    >
      {(parts, startsOpen) => <parts.Select {...props} startsOpen={startsOpen} />}
    </Late>
  );
}
