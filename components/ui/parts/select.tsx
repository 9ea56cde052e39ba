'use client';

import { Select as Base } from '@base-ui/react/select';
import { Check } from 'lucide-react';
import type { ChoiceProps } from '../choice.tsx';
import { POPUP_ITEM, POPUP_MOTION, POPUP_SURFACE } from '../popup.ts';
import { SELECT_BOX, SelectChosen, SelectMark } from './select-box.tsx';

export function Select<Value extends string>({
  label,
  value,
  choices,
  disabled,
  onChange,
  startsOpen,
}: ChoiceProps<Value> & { startsOpen: boolean }) {
  return (
    <Base.Root
      items={[...choices]}
      value={value}
      defaultOpen={startsOpen}
      disabled={disabled ?? false}
      onValueChange={(next) => {
        if (next !== null) onChange(next as Value);
      }}
    >
      <Base.Trigger aria-label={label} className={SELECT_BOX}>
        <Base.Value className="min-w-0 truncate">
          <SelectChosen value={value} choices={choices} />
        </Base.Value>
        <Base.Icon className="shrink-0">
          <SelectMark />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="start" alignItemWithTrigger={false} className="z-40">
          <Base.Popup
            className={`max-h-(--available-height) min-w-(--anchor-width) max-w-[min(28rem,var(--available-width))] overflow-y-auto p-1 ${POPUP_SURFACE} ${POPUP_MOTION}`}
          >
            {choices.map((choice) => (
              <Base.Item key={choice.value} value={choice.value} className={POPUP_ITEM}>
                <Base.ItemText className="min-w-0 grow truncate">{choice.label}</Base.ItemText>
                <Base.ItemIndicator className="text-accent">
                  <Check aria-hidden size={14} />
                </Base.ItemIndicator>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
