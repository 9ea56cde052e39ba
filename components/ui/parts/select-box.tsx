import { ChevronsUpDown } from 'lucide-react';
import { words } from '../words.ts';

export const SELECT_BOX =
  'flex h-8 pointer-coarse:h-10 min-w-32 max-w-full items-center justify-between gap-2 rounded-md border border-control bg-card px-2.5 text-base hover:not-data-disabled:border-quiet data-disabled:opacity-50';

export const SelectMark = () => <ChevronsUpDown aria-hidden size={14} className="shrink-0 text-quiet" />;

/** What is chosen, by its label; while nothing is, that something can be. */
export function SelectChosen({
  value,
  choices,
}: {
  value: string;
  choices: readonly { value: string; label: string }[];
}) {
  const label = choices.find((choice) => choice.value === value)?.label ?? value;
  return label === '' ? <span className="text-faint">{words.choose}</span> : label;
}
