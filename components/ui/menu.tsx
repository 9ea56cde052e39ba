'use client';

import { Menu as Base } from '@base-ui/react/menu';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { Keys } from './keys.tsx';
import { POPUP_ITEM, POPUP_MOTION, POPUP_SURFACE } from './popup.ts';

export function Menu({
  trigger,
  align = 'start',
  children,
}: {
  trigger: ReactElement;
  align?: 'start' | 'end';
  children: ReactNode;
}) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger as ReactElement<Record<string, unknown>>} />
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={4} className="z-40">
          <Base.Popup className={`min-w-44 p-1 ${POPUP_SURFACE} ${POPUP_MOTION}`}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export interface MenuItemProps {
  label: string;
  icon?: LucideIcon;
  keys?: string;
  /** Cannot be undone. */
  danger?: boolean;
  disabled?: boolean;
  onSelect(): void;
}

export function MenuItem({
  label,
  icon: Icon,
  keys,
  danger = false,
  disabled = false,
  onSelect,
}: MenuItemProps) {
  return (
    <Base.Item
      disabled={disabled}
      onClick={onSelect}
      className={`${POPUP_ITEM} ${danger ? 'text-danger' : ''}`}
    >
      {Icon ? <Icon aria-hidden size={15} className={danger ? '' : 'text-quiet'} /> : null}
      <span className="grow">{label}</span>
      {keys === undefined ? null : <Keys keys={keys} />}
    </Base.Item>
  );
}

/** Says something, and is nothing to choose. */
export function MenuNote({ title, note }: { title: string; note: string }) {
  return (
    <div className="border-b border-line px-2 pb-1.5 pt-1 mb-1">
      <p className="text-sm font-medium">{title}</p>
      <p className="text-xs text-quiet">{note}</p>
    </div>
  );
}

export function MenuLine() {
  return <Base.Separator className="-mx-1 my-1 h-px bg-line" />;
}

/** One of some that can each be on; the menu stays open for the next. */
export function MenuTick({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange(checked: boolean): void;
}) {
  return (
    <Base.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      closeOnClick={false}
      className={POPUP_ITEM}
    >
      <span className="grow">{label}</span>
      <Base.CheckboxItemIndicator aria-hidden className="text-accent">
        ✓
      </Base.CheckboxItemIndicator>
    </Base.CheckboxItem>
  );
}

export function MenuChoice<Value extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: Value;
  choices: readonly { value: Value; label: string; icon?: LucideIcon }[];
  onChange(value: Value): void;
}) {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2 py-1 text-xs text-quiet">{label}</Base.GroupLabel>
      <Base.RadioGroup value={value} onValueChange={(next) => onChange(next as Value)}>
        {choices.map(({ value: choice, label: word, icon: Icon }) => (
          <Base.RadioItem key={choice} value={choice} closeOnClick className={POPUP_ITEM}>
            {Icon ? <Icon aria-hidden size={15} className="text-quiet" /> : null}
            <span className="grow">{word}</span>
            <Base.RadioItemIndicator aria-hidden className="text-accent">
              ✓
            </Base.RadioItemIndicator>
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}
