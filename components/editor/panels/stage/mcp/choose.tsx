'use client';

import { type ReactNode, useState } from 'react';
import { SELECT_BOX, SelectMark } from '../../../../ui/parts/select-box.tsx';
import { Popover } from '../../../../ui/popover.tsx';
import { Picker, type PickerItem } from '../../../dialogs/picker.tsx';
import { placeOf } from '../../details.ts';

interface ChooseProps {
  label: string;
  search: string;
  /** Where in the config it stands. */
  place: string;
  chosen: ReactNode;
  items: readonly PickerItem[];
  none: string;
  onPick(id: string): void;
  /** What is to be said below it. */
  children?: ReactNode;
}

/** One of many, found by its words. */
export function Choose({ label, search, place, chosen, items, none, onPick, children }: ChooseProps) {
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const turn = (next: boolean) => {
    setOpen(next);
    setTyped('');
  };
  return (
    <div data-place={placeOf([place])} className="flex flex-col gap-1">
      <span className="text-sm font-medium">{label}</span>
      <Popover
        title={label}
        open={isOpen}
        onOpenChange={turn}
        trigger={
          <button
            type="button"
            role="combobox"
            aria-label={label}
            aria-haspopup="dialog"
            aria-expanded={isOpen}
            className={`${SELECT_BOX} w-full`}
          >
            <span className="flex min-w-0 grow items-center justify-between gap-2 text-left">{chosen}</span>
            <SelectMark />
          </button>
        }
      >
        <Picker
          label={search}
          items={items.filter((item) => isMeant(item, typed))}
          words={typed}
          onWords={setTyped}
          onPick={({ id }) => {
            turn(false);
            onPick(id);
          }}
          none={none}
        />
      </Popover>
      {children}
    </div>
  );
}

function isMeant({ label, about = '' }: PickerItem, typed: string): boolean {
  const text = `${label} ${about}`.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
