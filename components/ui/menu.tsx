'use client';

import type { LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { Late, latePart } from './late.tsx';

export interface MenuProps {
  trigger: ReactElement;
  align?: 'start' | 'end';
  children: ReactNode;
}

const part = latePart(() => import('./parts/menu.tsx'));

export function Menu(props: MenuProps) {
  return (
    <Late part={part} plain={props.trigger}>
      {(parts, startsOpen) => <parts.Menu {...props} startsOpen={startsOpen} />}
    </Late>
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

// What is in a menu is drawn by an open one, so its part is there.
export function MenuItem(props: MenuItemProps) {
  const parts = part.get();
  return parts ? <parts.MenuItem {...props} /> : null;
}

export function MenuLine() {
  const parts = part.get();
  return parts ? <parts.MenuLine /> : null;
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

export interface MenuTickProps {
  label: string;
  checked: boolean;
  onChange(checked: boolean): void;
}

/** One of some that can each be on; the menu stays open for the next. */
export function MenuTick(props: MenuTickProps) {
  const parts = part.get();
  return parts ? <parts.MenuTick {...props} /> : null;
}

export interface MenuChoiceProps<Value extends string> {
  label: string;
  value: Value;
  choices: readonly { value: Value; label: string; icon?: LucideIcon }[];
  onChange(value: Value): void;
}

export function MenuChoice<Value extends string>(props: MenuChoiceProps<Value>) {
  const parts = part.get();
  return parts ? <parts.MenuChoice {...props} /> : null;
}
