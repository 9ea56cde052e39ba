import { ChevronDown, ChevronRight } from 'lucide-react';
import { runWords } from '../run-words.ts';

/** Shows and hides what a stage consists of. */
export function Opener({
  name,
  isOpen,
  onOpen,
}: {
  name: string;
  isOpen: boolean;
  onOpen(open: boolean): void;
}) {
  const Icon = isOpen ? ChevronDown : ChevronRight;
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      aria-label={runWords.showTries(name)}
      onClick={() => onOpen(!isOpen)}
      className="absolute left-0.5 top-1/2 flex size-6 pointer-coarse:size-9 -translate-y-1/2 items-center justify-center rounded-sm text-quiet hover:bg-hover hover:text-text focus-visible:-outline-offset-2 print:hidden"
    >
      <Icon size={14} aria-hidden />
    </button>
  );
}
