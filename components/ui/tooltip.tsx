'use client';

import { type ReactNode, useState } from 'react';
import { Late, latePart } from './late.tsx';
import type { TooltipProps } from './parts/tooltip.tsx';
import { TooltipMemory } from './parts/tooltip-memory.ts';

const part = latePart(() => import('./parts/tooltip.tsx'));

/** Around the app: the second tooltip of a row of buttons comes at once. */
export function TooltipProvider({ children }: { children: ReactNode }) {
  const [memory] = useState(() => ({ readAt: Number.NEGATIVE_INFINITY }));
  return <TooltipMemory value={memory}>{children}</TooltipMemory>;
}

/** Names what it is around, and its key. Nothing that is needed stands in a tooltip alone. */
export function Tooltip(props: TooltipProps) {
  return (
    <Late part={part} plain={props.children}>
      {(parts) => <parts.Tooltip {...props} />}
    </Late>
  );
}
