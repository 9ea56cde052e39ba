'use client';

import {
  AlignCenterHorizontal,
  AlignCenterVertical,
  AlignEndHorizontal,
  AlignEndVertical,
  AlignHorizontalDistributeCenter,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalDistributeCenter,
  type LucideIcon,
} from 'lucide-react';
import { Button, IconButton } from '../../ui/button.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { useEditor } from '../context.ts';
import type { EditorDocument } from '../model/document.ts';
import { type Alignment, align, type Box, distribute } from '../model/edits/arrange.ts';
import { groupStages } from '../model/edits/extras.ts';
import { noteId, stageId, stagesAmong } from '../model/items.ts';
import { placeStages, STAGE_SIZE } from '../model/layers.ts';
import { counts } from '../model/words.ts';
import { removeSelected } from '../remove-selected.ts';
import { words } from '../words.ts';
import { panelWords } from './words.ts';

const ALIGN: readonly { how: Alignment; label: string; icon: LucideIcon }[] = [
  { how: 'left', label: panelWords.align.left, icon: AlignStartVertical },
  { how: 'center', label: panelWords.align.center, icon: AlignCenterVertical },
  { how: 'right', label: panelWords.align.right, icon: AlignEndVertical },
  { how: 'top', label: panelWords.align.top, icon: AlignStartHorizontal },
  { how: 'middle', label: panelWords.align.middle, icon: AlignCenterHorizontal },
  { how: 'bottom', label: panelWords.align.bottom, icon: AlignEndHorizontal },
];

/** What can be done to several at once. */
export function ManyPanel({ ids }: { ids: ReadonlySet<string> }) {
  const editor = useEditor();
  const { store, isReadOnly } = editor;
  const { document } = store.get();
  const keys = stagesAmong(document, ids);
  const boxes = boxesOf(document, ids);
  return (
    <div>
      <header className="border-b border-line px-4 py-3">
        <h2 className="font-semibold">{words.selected(counts.things(ids.size))}</h2>
        <p className="text-sm text-quiet">{words.amongThem(counts.stages(keys.size))}</p>
      </header>
      {isReadOnly ? null : (
        <div className="flex flex-col gap-4 p-4">
          <div>
            <h3 className="mb-1.5 text-sm font-medium">{words.arrange}</h3>
            <div className="flex flex-wrap gap-1">
              {ALIGN.map(({ how, label, icon }) => (
                <Tool
                  key={how}
                  label={label}
                  icon={icon}
                  onClick={() => store.perform(align(document, boxes, how))}
                />
              ))}
              <Tool
                label={words.sameGapsAcross}
                icon={AlignHorizontalDistributeCenter}
                onClick={() => store.perform(distribute(document, boxes, 'across'))}
              />
              <Tool
                label={words.sameGapsDown}
                icon={AlignVerticalDistributeCenter}
                onClick={() => store.perform(distribute(document, boxes, 'down'))}
              />
            </div>
          </div>
          <Button disabled={keys.size === 0} onClick={() => store.perform(groupStages(document, keys))}>
            {words.groupTheStages}
          </Button>
          <Button onClick={() => store.duplicate()}>{words.duplicate}</Button>
          <Button onClick={() => removeSelected(editor)}>{words.delete}</Button>
        </div>
      )}
    </div>
  );
}

function Tool({ label, icon, onClick }: { label: string; icon: LucideIcon; onClick(): void }) {
  return (
    <Tooltip text={label}>
      <IconButton label={label} icon={icon} look="plain" onClick={onClick} />
    </Tooltip>
  );
}

function boxesOf(document: EditorDocument, ids: ReadonlySet<string>): Box[] {
  const places = placeStages(document);
  const stages = [...stagesAmong(document, ids)].flatMap((key): Box[] => {
    const at = places.get(key);
    return at ? [{ id: stageId(key), ...at, ...STAGE_SIZE }] : [];
  });
  const notes = document.notes
    .filter(({ id }) => ids.has(noteId(id)))
    .map(({ id, x, y, width, height }) => ({ id: noteId(id), x, y, width, height }));
  return [...stages, ...notes];
}
