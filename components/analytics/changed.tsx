import { ArrowDownRight, ArrowUpRight } from 'lucide-react';
import type { Change } from './format.ts';

/** How a figure has changed: in words, with a sign and a colour where it is for better or worse. */
export function Changed({ change: { text, isBetter } }: { change: Change }) {
  const Icon = isBetter ? ArrowUpRight : ArrowDownRight;
  const look = isBetter === undefined ? '' : isBetter ? 'text-good' : 'text-bad';
  return (
    <span className={`mt-0.5 flex items-center gap-1 ${look}`}>
      {isBetter === undefined ? null : <Icon aria-hidden size={12} />}
      {text}
    </span>
  );
}
