'use client';

import { Popover as Base } from '@base-ui/react/popover';
import type { ReactElement, ReactNode } from 'react';
import { POPUP_MOTION, POPUP_SURFACE } from './popup.ts';

export function Popover({
  trigger,
  title,
  align = 'start',
  children,
}: {
  trigger: ReactElement;
  /** Said aloud when it opens. */
  title: string;
  align?: 'start' | 'center' | 'end';
  children: ReactNode;
}) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger as ReactElement<Record<string, unknown>>} />
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={6} className="z-40">
          <Base.Popup className={`w-72 p-3 text-sm ${POPUP_SURFACE} ${POPUP_MOTION}`}>
            <Base.Title className="mb-2 font-medium">{title}</Base.Title>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
