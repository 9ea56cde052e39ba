'use client';

import { Popover as Base } from '@base-ui/react/popover';
import { type ReactElement, type ReactNode, useEffect, useEffectEvent } from 'react';
import { POPUP_MOTION, POPUP_SURFACE } from '../popup.ts';

export interface PopoverProps {
  trigger: ReactElement;
  /** Said aloud when it opens. */
  title: string;
  align?: 'start' | 'center' | 'end';
  /** Left out, it is opened and closed by its trigger alone. */
  open?: boolean;
  onOpenChange?(open: boolean): void;
  children: ReactNode;
}

export function Popover(props: PopoverProps & { startsOpen: boolean }) {
  const { trigger, title, align = 'start', open, onOpenChange, children, startsOpen } = props;
  const control = open === undefined ? { defaultOpen: startsOpen } : { open };
  const begin = useEffectEvent(() => {
    if (startsOpen && open === false) onOpenChange?.(true);
  });
  useEffect(() => begin(), []);
  return (
    <Base.Root {...control} onOpenChange={(next) => onOpenChange?.(next)}>
      <Base.Trigger render={trigger as ReactElement<Record<string, unknown>>} />
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={6} className="z-40">
          <Base.Popup data-keys="own" className={`w-72 p-3 text-sm ${POPUP_SURFACE} ${POPUP_MOTION}`}>
            <Base.Title className="mb-2 font-medium">{title}</Base.Title>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
