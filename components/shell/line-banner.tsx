'use client';

import { CloudOff } from 'lucide-react';
import { useLineState } from '../data/index.ts';
import { words } from './words.ts';

/** Says that what is on screen may be old. When the line is back, everything shown has been asked for anew. */
export function LineBanner() {
  const isCut = useLineState() === 'cut';
  return (
    <div role="status" className="print:hidden">
      {isCut ? (
        <p className="flex min-h-9 items-center gap-2 border-b border-line bg-warn-soft px-4 py-1.5 text-sm text-warn md:px-8">
          <CloudOff aria-hidden size={14} className="shrink-0" />
          {words.cut}
        </p>
      ) : null}
    </div>
  );
}
