'use client';

import { Dialog } from '../../ui/dialog.tsx';
import { Keys } from '../../ui/keys.tsx';
import { SHORTCUTS } from '../shortcuts.ts';

export function KeysDialog({ onClose }: { onClose(): void }) {
  const groups = Map.groupBy(SHORTCUTS, ({ group }) => group);
  return (
    <Dialog open onOpenChange={onClose} title="Keys" width="lg">
      <div className="grid gap-x-8 gap-y-5 sm:grid-cols-2">
        {[...groups].map(([group, shortcuts]) => (
          <section key={group}>
            <h3 className="mb-1 text-sm font-semibold">{group}</h3>
            <dl>
              {shortcuts.map(({ keys, label }) => (
                <div key={keys} className="flex min-h-7 items-center justify-between gap-4 text-sm">
                  <dt>{label}</dt>
                  <dd>
                    <Keys keys={keys} />
                    <span className="sr-only">{keys}</span>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
