'use client';

import { Menu as Base } from '@base-ui/react/menu';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { Keys } from '../keys.tsx';
import { POPUP_ITEM, POPUP_MOTION, POPUP_SURFACE } from '../popup.ts';

export interface MenuProps {
  trigger: ReactElement;
  align?: 'start' | 'end';
  children: ReactNode;
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

export interface MenuTickProps {
  label: string;
  checked: boolean;
  onChange(checked: boolean): void;
}

export interface MenuChoiceProps<Value extends string> {
  label: string;
  value: Value;
  choices: readonly { value: Value; label: string; icon?: LucideIcon }[];
  onChange(value: Value): void;
}

export function Menu({
  trigger,
  align = 'start',
  children,
  startsOpen,
}: MenuProps & { startsOpen: boolean }) {
  return (
    <Base.Root defaultOpen={startsOpen}>
      <Base.Trigger render={trigger as ReactElement<Record<string, unknown>>} />
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={4} className="z-40">
          <Base.Popup className={`min-w-44 p-1 ${POPUP_SURFACE} ${POPUP_MOTION}`}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
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

export function MenuLine() {
  return <Base.Separator className="-mx-1 my-1 h-px bg-line" />;
}

export function MenuTick({ label, checked, onChange }: MenuTickProps) {
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
}: MenuChoiceProps<Value>) {
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
