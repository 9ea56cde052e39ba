'use client';

import { Tooltip as Base } from '@base-ui/react/tooltip';
import type { ReactElement, ReactNode } from 'react';
import { Keys } from './keys.tsx';
import { POPUP_MOTION } from './popup.ts';

/** Around the app: the second tooltip of a row of buttons comes at once. */
export function TooltipProvider({ children }: { children: ReactNode }) {
  return <Base.Provider delay={400}>{children}</Base.Provider>;
}

/** Names what it is around, and its key. Nothing that is needed stands in a tooltip alone. */
export function Tooltip({
  text,
  keys,
  side = 'bottom',
  children,
}: {
  text: ReactNode;
  keys?: string;
  side?: 'top' | 'bottom' | 'left' | 'right';
  children: ReactElement;
}) {
  return (
    <Base.Root>
      <Base.Trigger render={children as ReactElement<Record<string, unknown>>} />
      <Base.Portal>
        <Base.Positioner side={side} sideOffset={6} className="z-50">
          <Base.Popup
            className={`flex max-w-72 items-center gap-2 rounded-md bg-ink px-2 py-1 text-xs text-on-ink ${POPUP_MOTION}`}
          >
            {text}
            {keys === undefined ? null : <Keys keys={keys} on="ink" />}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
