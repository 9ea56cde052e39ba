'use client';

import { useEffect, useState, useSyncExternalStore } from 'react';
import { Dialog } from '../../ui/dialog.tsx';
import { Keys } from '../../ui/keys.tsx';
import { words } from '../words.ts';
import { type KeyGroup, type KeyRegistry, keysOf } from './registry.ts';

const NONE: readonly KeyGroup[] = [];

/** What the keys of this page do. */
export function KeySheet({ registry }: { registry: KeyRegistry }) {
  const [isOpen, setOpen] = useState(false);
  const groups = useSyncExternalStore(registry.onChange, registry.groups, () => NONE);
  useEffect(
    () =>
      registry.add({
        title: words.everywhere,
        bindings: [{ keys: '?', label: words.showKeys, run: () => setOpen(true) }],
      }),
    [registry],
  );
  return (
    <Dialog open={isOpen} onOpenChange={setOpen} title={words.keys} width="md">
      {/* Columns, not a grid: a long group leaves no hole beside a short one. What parts them is padding: a margin at the foot of a column is cut off. */}
      <div className="-mb-5 gap-x-8 sm:columns-2">
        {joinAlike(groups).map(({ title, bindings }) => (
          <section key={title} aria-label={title} className="break-inside-avoid pb-5">
            <h3 className="mb-1 text-sm font-medium text-quiet">{title}</h3>
            <ul>
              {bindings.map((binding) => (
                <li key={binding.label} className="flex min-h-7 items-center justify-between gap-4 text-sm">
                  {binding.label}
                  <span className="flex items-center gap-1.5">
                    {keysOf(binding).map((keys) => (
                      <Keys key={keys} keys={keys} />
                    ))}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

/** Parts of a page may each have keys under the same heading. */
function joinAlike(groups: readonly KeyGroup[]): KeyGroup[] {
  const byTitle = new Map<string, KeyGroup>();
  for (const { title, bindings } of groups) {
    const before = byTitle.get(title)?.bindings ?? [];
    const withKeys = bindings.filter((binding) => keysOf(binding).length > 0);
    if (withKeys.length > 0) byTitle.set(title, { title, bindings: [...before, ...withKeys] });
  }
  return [...byTitle.values()];
}
