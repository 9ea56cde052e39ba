'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { query } from '../../data/index.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Menu, MenuItem, MenuNote } from '../../ui/menu.tsx';
import { NARROW, useMedia } from '../../ui/use-media.ts';
import { type BulkAction, words } from '../words.ts';
import type { RunFilter } from './filters.ts';

const ACTIONS: readonly BulkAction[] = ['replay', 'retry', 'pause', 'resume', 'cancel'];

/** What can be done to the runs that are ticked. It lies over the end of the list, so that no row moves. */
export function SelectionBar({
  count,
  onAct,
  onCompare,
  onClear,
}: {
  count: number;
  /** Undefined: whoever looks may only look. */
  onAct: ((action: BulkAction) => void) | undefined;
  /** Undefined: other than two are ticked. */
  onCompare: (() => void) | undefined;
  onClear(): void;
}) {
  if (count === 0) return null;
  return (
    <div
      role="toolbar"
      aria-label={words.selected(count)}
      className="fixed bottom-6 left-1/2 z-20 flex -translate-x-1/2 items-center gap-1 rounded-lg max-md:inset-x-2 max-md:bottom-3 max-md:translate-x-0 max-md:flex-wrap border border-line bg-raised p-1.5 shadow-raised print:hidden"
    >
      <span className="whitespace-nowrap px-2 text-sm font-medium tabular-nums">{words.selected(count)}</span>
      {(onAct ? ACTIONS : []).map((action) => (
        <Button
          key={action}
          size="sm"
          look={action === 'replay' ? 'primary' : 'quiet'}
          onClick={() => onAct?.(action)}
        >
          {words.bulk.verb(action)}
        </Button>
      ))}
      <Button
        size="sm"
        look="quiet"
        disabled={!onCompare}
        title={onCompare ? undefined : words.compareTwo}
        onClick={onCompare}
      >
        {words.compare}
      </Button>
      <IconButton label={words.unselect} icon={X} size="sm" onClick={onClear} />
    </div>
  );
}

/** The number moves on by itself while runs come; what is done is counted anew before anybody says yes. */
const COUNTED_MS = 15_000;

/** The same to all that match, shown or not. */
export function MatchingMenu({ filter, onAct }: { filter: RunFilter; onAct(action: BulkAction): void }) {
  const { data } = useQuery({
    ...query('runs.count', filter),
    staleTime: COUNTED_MS,
    placeholderData: keepPreviousData,
  });
  // On a phone the number, which comes later, would push the list a line down.
  const said = useMedia(NARROW) ? undefined : data?.count;
  return (
    <Menu
      align="end"
      trigger={<Button disabled={data?.count === 0}>{words.allMatching(said, data?.is_more)}</Button>}
    >
      {data?.is_more ? <MenuNote title={words.bulk.most} note={words.bulk.mostNote} /> : null}
      {ACTIONS.map((action) => (
        <MenuItem
          key={action}
          label={words.bulk.verb(action)}
          danger={action === 'cancel'}
          onSelect={() => onAct(action)}
        />
      ))}
    </Menu>
  );
}
