'use client';

import { Tabs as Base } from '@base-ui/react/tabs';
import { type ReactNode, useEffect, useRef } from 'react';

export interface TabItem<Value extends string> {
  value: Value;
  label: string;
  /** How many there are behind it; as a text where that is not known to the last one. */
  count?: number | string;
  content: ReactNode;
}

/** Which one is open is the caller's to keep: on pages it stands in the address. */
export function Tabs<Value extends string>({
  label,
  value,
  items,
  onChange,
}: {
  label: string;
  value: Value;
  items: readonly TabItem<NoInfer<Value>>[];
  onChange(value: NoInfer<Value>): void;
}) {
  const list = useRef<HTMLDivElement>(null);
  // Where they do not fit, the open one may lie outside.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each other one
  useEffect(() => {
    const open = list.current?.querySelector<HTMLElement>('[data-active]');
    if (list.current && open) list.current.scrollLeft = open.offsetLeft - 48;
  }, [value]);
  return (
    <Base.Root value={value} onValueChange={(next) => onChange(next as Value)}>
      <Base.List
        ref={list}
        aria-label={label}
        className="relative flex gap-1 overflow-x-auto border-b border-line print:hidden"
      >
        {items.map((item) => (
          <Base.Tab
            key={item.value}
            value={item.value}
            className="flex h-9 pointer-coarse:h-11 items-center gap-1.5 whitespace-nowrap px-2.5 text-base text-quiet hover:text-text focus-visible:-outline-offset-2 data-active:text-text"
          >
            {item.label}
            {item.count === undefined ? null : (
              <span className="rounded-full bg-sunken px-1.5 text-xs tabular-nums text-quiet">
                {item.count}
              </span>
            )}
          </Base.Tab>
        ))}
        <Base.Indicator className="absolute bottom-0 left-(--active-tab-left) h-0.5 w-(--active-tab-width) rounded-full bg-ink transition-[left,width] duration-150 ease-calm" />
      </Base.List>
      {items.map((item) => (
        <Base.Panel key={item.value} value={item.value} className="pt-4">
          {item.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
