'use client';

import type { ChoiceProps } from './choice.tsx';
import { Late, latePart } from './late.tsx';
import { SELECT_BOX, SelectChosen, SelectMark } from './parts/select-box.tsx';

const part = latePart(() => import('./parts/select.tsx'));

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
          <span className="min-w-0 truncate">
            <SelectChosen value={value} choices={choices} />
          </span>
          <SelectMark />
        </button>
      }
    >
      {(parts, startsOpen) => <parts.Select {...props} startsOpen={startsOpen} />}
    </Late>
  );
}
