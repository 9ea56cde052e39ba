'use client';

import { Late, latePart } from './late.tsx';
import type { PopoverProps } from './parts/popover.tsx';

const part = latePart(() => import('./parts/popover.tsx'));

export function Popover(props: PopoverProps) {
  return (
    <Late part={part} isOpen={props.open ?? false} plain={props.trigger}>
      {(parts, startsOpen) => <parts.Popover {...props} startsOpen={startsOpen} />}
    </Late>
  );
}
