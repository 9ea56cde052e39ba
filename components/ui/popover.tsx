'use client';

import type { ReactElement, ReactNode } from 'react';
import { Late, latePart } from './late.tsx';

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

const part = latePart(() => import('./parts/popover.tsx'));

export function Popover(props: PopoverProps) {
  return (
    <Late part={part} isOpen={props.open ?? false} plain={props.trigger}>
      {(parts, startsOpen) => <parts.Popover {...props} startsOpen={startsOpen} />}
    </Late>
  );
}
