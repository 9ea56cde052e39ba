'use client';

import type { LucideIcon } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';

export interface PickerItem {
  id: string;
  label: string;
  note?: ReactNode;
  /** What it is, in a line or two below. */
  about?: string | undefined;
  icon?: LucideIcon;
  /** Why it cannot be picked. It is shown all the same, so that nobody looks for it in vain. */
  refused?: string | null;
}

/** Type, go through what fits with the arrows, take it with Enter. */
export function Picker({
  label,
  items,
  words,
  onWords,
  onPick,
  none,
  more,
}: {
  label: string;
  items: readonly PickerItem[];
  words: string;
  onWords(words: string): void;
  onPick(item: PickerItem): void;
  none: string;
  /** That there are others that fit. */
  more?: string | undefined;
}) {
  const list = useId();
  const [at, setAt] = useState(0);
  const current = Math.min(at, items.length - 1);
  const active = items[current];
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = (current + step + items.length) % Math.max(1, items.length);
      setAt(next);
      document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: 'nearest' });
    }
    if (event.key === 'Enter' && active) {
      event.preventDefault();
      if (!active.refused) onPick(active);
    }
  };
  return (
    <div className="flex flex-col gap-2">
      <input
        role="combobox"
        aria-label={label}
        aria-expanded={items.length > 0}
        aria-controls={items.length > 0 ? list : undefined}
        aria-activedescendant={active ? `${list}-${current}` : undefined}
        aria-autocomplete="list"
        placeholder={label}
        // biome-ignore lint/a11y/noAutofocus: it opens to be typed into
        autoFocus
        value={words}
        onChange={(event) => {
          onWords(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        className="h-9 w-full rounded-md border border-control bg-card px-3 text-base placeholder:text-faint focus:outline-2 focus:-outline-offset-1 focus:outline-accent"
      />
      {items.length === 0 ? (
        <p className="px-2 py-3 text-sm text-quiet">{none}</p>
      ) : (
        <div id={list} role="listbox" aria-label={label} className="max-h-80 overflow-y-auto">
          {items.map((item, place) => (
            <PickerRow
              key={item.id}
              id={`${list}-${place}`}
              item={item}
              isActive={place === current}
              onPoint={() => setAt(place)}
              onPick={onPick}
            />
          ))}
        </div>
      )}
      {more ? <p className="px-2 text-sm text-quiet">{more}</p> : null}
    </div>
  );
}

function PickerRow({
  id,
  item,
  isActive,
  onPoint,
  onPick,
}: {
  id: string;
  item: PickerItem;
  isActive: boolean;
  onPoint(): void;
  onPick(item: PickerItem): void;
}) {
  const { label, note, about, icon: Icon, refused } = item;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and the keys
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isActive}
      aria-disabled={refused ? true : undefined}
      onPointerMove={onPoint}
      onClick={() => {
        if (!refused) onPick(item);
      }}
      className={`flex min-h-9 items-center gap-2.5 rounded-md px-2 py-1 text-sm ${isActive ? 'bg-hover' : ''} ${refused ? 'text-faint' : ''}`}
    >
      {Icon ? <Icon aria-hidden size={15} className="shrink-0 text-quiet" /> : null}
      <span className="min-w-0 grow">
        <span className="flex items-center gap-2">
          <span className="min-w-0 grow truncate">{label}</span>
          {note && !refused ? <span className="shrink-0 text-xs text-quiet">{note}</span> : null}
        </span>
        {about && !refused ? <span className="line-clamp-2 text-xs text-quiet">{about}</span> : null}
        {refused ? <span className="block text-xs text-quiet">{refused}</span> : null}
      </span>
    </div>
  );
}
