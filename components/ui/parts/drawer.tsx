'use client';

import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { IconButton } from '../button.tsx';
import { words } from '../words.ts';

export interface DrawerProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: ReactNode;
  actions?: ReactNode;
  /** Where the focus goes when it closes; nowhere in particular: back to what had it before. */
  focusAfter?(): HTMLElement | null | undefined;
  children: ReactNode;
}

export function Drawer({ open, onOpenChange, title, actions, focusAfter, children }: DrawerProps) {
  // What is to be read, not its first button: Enter must not do what nobody has read yet, and arrows scroll it.
  const content = useRef<HTMLDivElement>(null);
  return (
    <Base.Root open={open} onOpenChange={onOpenChange} modal={false} disablePointerDismissal>
      <Base.Portal>
        <Base.Popup
          initialFocus={content}
          finalFocus={() => focusAfter?.() ?? true}
          // Base UI keeps arrows to itself there; beside a drawer the page's keys go on working.
          onKeyDown={(event) => event.preventBaseUIHandler()}
          className="fixed inset-y-0 right-0 z-30 flex w-full max-w-lg flex-col border-l border-line bg-raised text-text shadow-raised outline-none transition-transform duration-150 ease-calm data-starting-style:translate-x-full data-ending-style:translate-x-full"
        >
          <div className="flex h-12 shrink-0 items-center gap-2 border-b border-line pl-4 pr-2">
            <Base.Title className="min-w-0 grow truncate font-medium">{title}</Base.Title>
            {actions}
            <Base.Close render={<IconButton label={words.close} icon={X} size="sm" />} />
          </div>
          <div ref={content} tabIndex={-1} className="min-h-0 grow overflow-y-auto p-4 outline-none">
            {children}
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
