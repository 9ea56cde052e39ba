'use client';

import { Late, latePart } from './late.tsx';
import type { MenuChoiceProps, MenuItemProps, MenuProps, MenuTickProps } from './parts/menu.tsx';

const part = latePart(() => import('./parts/menu.tsx'));

export function Menu(props: MenuProps) {
  return (
    <Late part={part} plain={props.trigger}>
      {(parts, startsOpen) => <parts.Menu {...props} startsOpen={startsOpen} />}
    </Late>
  );
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

/** One of some that can each be on; the menu stays open for the next. */
export function MenuTick(props: MenuTickProps) {
  const parts = part.get();
  return parts ? <parts.MenuTick {...props} /> : null;
}

export function MenuChoice<Value extends string>(props: MenuChoiceProps<Value>) {
  const parts = part.get();
  return parts ? <parts.MenuChoice {...props} /> : null;
}
