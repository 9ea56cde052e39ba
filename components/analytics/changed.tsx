import { ArrowDownRight, ArrowUpRight } from 'lucide-react';
import type { Change } from './format.ts';
import { words } from './words.ts';

/** Once for all figures, instead of at each of them. */
export function NothingBefore() {
  return <p className="text-sm text-quiet">{words.change.nothing}</p>;
}

/** How a figure has changed: in words, with a sign and a colour where it is for better or worse. */
export function Changed({ change, inTable = false }: { change: Change; inTable?: boolean }) {
  const { text, isBetter } = change;
  if (inTable && isBetter === undefined) return <span className="text-quiet">{words.figures.none}</span>;
  const Icon = isBetter ? ArrowUpRight : ArrowDownRight;
  const look = isBetter === undefined ? '' : isBetter ? 'text-good' : 'text-bad';
  return (
    <span className={`mt-0.5 flex items-center gap-1 ${look}`}>
      {isBetter === undefined ? null : <Icon aria-hidden size={12} />}
      {text}
    </span>
  );
}
