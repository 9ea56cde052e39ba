'use client';

import { ChevronDown, ChevronUp } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useKeys } from '../../shell/keys/index.ts';
import { moveInList, useNeighbours } from '../../shell/use-place-in-list.ts';
import { IconButton } from '../../ui/button.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { runWords } from './run-words.ts';

const LIST = 'runs';

/** From a run that was opened from the list to those above and below it there; back leads to the list, to the run that was seen last. */
export function ListNeighbours({ id }: { id: string }) {
  const router = useRouter();
  const known = useNeighbours(LIST, id);
  const go = (to: string | undefined) => {
    if (to === undefined) return;
    moveInList(LIST, to);
    // The tab stays, so that the same can be read of one after the other; a stage may not be there.
    const tab = new URLSearchParams(window.location.search).get('tab');
    router.replace(`/runs/${to}${tab === null ? '' : `?tab=${tab}`}`);
  };
  const { keys } = runWords;
  const steps = [
    { key: '[', also: 'shift+k', label: keys.previousRun, icon: ChevronUp, to: known?.previous },
    { key: ']', also: 'shift+j', label: keys.nextRun, icon: ChevronDown, to: known?.next },
  ];
  useKeys(
    runWords.title,
    steps.map(({ key, also, label, to }) => ({
      keys: [key, also],
      label,
      run: () => go(to),
      disabled: to === undefined,
    })),
  );
  if (known === undefined) return null;
  return (
    <span className="flex print:hidden">
      {steps.map(({ key, label, icon, to }) => (
        <Tooltip key={key} text={label} keys={key}>
          <IconButton label={label} icon={icon} disabled={to === undefined} onClick={() => go(to)} />
        </Tooltip>
      ))}
    </span>
  );
}
