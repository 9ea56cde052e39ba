'use client';

import { Tooltip as Base } from '@base-ui/react/tooltip';
import { type ReactElement, type ReactNode, use, useEffect, useRef, useState } from 'react';
import { Keys } from '../keys.tsx';
import { POPUP_MOTION } from '../popup.ts';
import { TooltipMemory } from './tooltip-memory.ts';

const DELAY_MS = 400;

export interface TooltipProps {
  text: ReactNode;
  keys?: string;
  side?: 'top' | 'bottom' | 'left' | 'right';
  children: ReactElement;
}

export function Tooltip({ text, keys, side = 'bottom', children }: TooltipProps) {
  const shown = useShown();
  return (
    <Base.Root open={shown.isOpen} onOpenChange={shown.change}>
      <Base.Trigger delay={0} render={children as ReactElement<Record<string, unknown>>} />
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

/** After a while, or at once where another has just been read. */
function useShown() {
  const memory = use(TooltipMemory);
  const [isOpen, setOpen] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (next: boolean) => {
    clearTimeout(timer.current);
    if (!next) {
      if (isOpen) memory.readAt = performance.now();
      setOpen(false);
    } else if (performance.now() - memory.readAt < DELAY_MS) setOpen(true);
    else timer.current = setTimeout(() => setOpen(true), DELAY_MS);
  };
  return { isOpen, change };
}
