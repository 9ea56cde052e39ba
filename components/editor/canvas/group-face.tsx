'use client';

import { ChevronDown, Layers } from 'lucide-react';
import type { ReactNode } from 'react';
import { lookOfTask } from '../../looks/index.ts';
import { IconButton } from '../../ui/button.tsx';
import { StatusIcon } from '../../ui/status.tsx';
import { type RunOverlay, useEditor } from '../context.ts';
import type { GroupItem } from '../model/document.ts';
import { changeGroup } from '../model/edits/extras.ts';
import { counts } from '../model/words.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { worstStatus } from './worst-status.ts';

interface GroupFaceProps {
  group: GroupItem;
  isFolded: boolean;
  selected: boolean;
  /** Where wires meet a folded one. */
  children?: ReactNode;
}

/** A frame behind its stages; folded, one box in their place. */
export function GroupFace({ group, isFolded, selected, children }: GroupFaceProps) {
  const { store, isReadOnly } = useEditor();
  const fold = (collapsed: boolean) => {
    store.perform(changeGroup(store.get().document, group.id, { collapsed }));
  };
  if (isFolded)
    return (
      <Folded group={group} selected={selected} onOpen={() => fold(false)}>
        {children}
      </Folded>
    );
  return (
    <div
      className={`size-full rounded-lg border border-dashed bg-sunken/60 ${selected ? 'border-accent' : 'border-control/60'}`}
    >
      <div className="flex h-8 items-center gap-1 px-2 text-sm text-quiet">
        <Layers aria-hidden size={14} />
        <span className="min-w-0 grow truncate font-medium">{group.title || words.group}</span>
        {isReadOnly ? null : (
          <IconButton
            label={words.fold(group.title)}
            icon={ChevronDown}
            size="sm"
            onClick={() => fold(true)}
          />
        )}
      </div>
    </div>
  );
}

function Folded({
  group,
  selected,
  onOpen,
  children,
}: {
  group: GroupItem;
  selected: boolean;
  onOpen(): void;
  children: ReactNode;
}) {
  const { overlay } = useEditor();
  const status = useObserved(overlay, (run: RunOverlay | null) => worstStatus(run, group.stages));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button in it does the same
    <div
      onDoubleClick={onOpen}
      className={`flex size-full items-center gap-2.5 rounded-lg border bg-card px-3 shadow-[3px_3px_0_0_var(--line),4px_4px_0_0_var(--control)] ${selected ? 'border-accent ring-2 ring-accent/35' : 'border-control/60'}`}
    >
      <IconButton label={words.unfold(group.title)} icon={Layers} look="plain" onClick={onOpen} />
      <span className="min-w-0 grow">
        <span className="block truncate font-medium">{group.title || words.group}</span>
        <span className="block text-2xs text-quiet">{counts.stages(group.stages.length)}</span>
      </span>
      {status === null ? null : <StatusIcon look={lookOfTask(status)} size={17} />}
      {children}
    </div>
  );
}
