'use client';

import { Search, StickyNote } from 'lucide-react';
import { useState } from 'react';
import { Skeleton } from '../../ui/feedback.tsx';
import { TextInput } from '../../ui/field.tsx';
import { DRAGGED_CAPABILITY } from '../canvas/drop-stage.ts';
import { iconOf } from '../canvas/icons.ts';
import { useEditor } from '../context.ts';
import type { Capability } from '../model/capabilities.ts';
import { addNote } from '../model/edits/extras.ts';
import { counts } from '../model/words.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { useAddStage } from './use-add-stage.ts';

/** Every capability that agents offer, to be dragged or clicked. */
export function Palette() {
  const { capabilities, store, canvas } = useEditor();
  const known = useObserved(capabilities, (map) => map);
  const [typed, setTyped] = useState('');
  const add = useAddStage();
  const shown = matching([...(known?.values() ?? [])], typed);
  return (
    <div className="flex min-h-0 grow flex-col">
      <div className="relative p-3">
        <Search aria-hidden size={14} className="absolute left-5.5 top-5.5 text-quiet" />
        <div className="[&_input]:pl-7.5">
          <TextInput
            aria-label={words.searchCapabilities}
            placeholder={words.searchCapabilities}
            value={typed}
            onChange={setTyped}
          />
        </div>
      </div>
      {known ? null : <Skeleton label={words.loadingTheCapabilities} rows={6} />}
      <ul aria-label={words.capabilities} className="min-h-0 grow overflow-y-auto px-2 pb-2">
        {shown.map((capability) => (
          <PaletteItem
            key={capability.name}
            capability={capability}
            onAdd={() => add({ type: capability.name })}
          />
        ))}
        {known && shown.length === 0 ? (
          <li className="px-2 py-3 text-sm text-quiet">{words.noAgentOffersSuchA}</li>
        ) : null}
      </ul>
      <div className="border-t border-line p-2">
        <button
          type="button"
          onClick={() =>
            store.perform(addNote(store.get().document, canvas.get()?.middle() ?? { x: 0, y: 0 }))
          }
          className="flex h-9 w-full items-center gap-2.5 rounded-md px-2 text-left text-sm hover:bg-hover"
        >
          <StickyNote aria-hidden size={16} className="text-quiet" />
          {words.addANote}
        </button>
      </div>
    </div>
  );
}

const NONE: ReadonlySet<string> = new Set();

/** Those that fit come first, those that nobody offers just now last. */
export function matching(
  capabilities: readonly Capability[],
  typed: string,
  fitting: ReadonlySet<string> = NONE,
): Capability[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return capabilities
    .filter(({ name, description }) =>
      wanted.every((word) => `${name} ${description}`.toLowerCase().includes(word)),
    )
    .sort(
      (a, b) =>
        Number(b.serving > 0) - Number(a.serving > 0) ||
        Number(fitting.has(b.name)) - Number(fitting.has(a.name)),
    );
}

function PaletteItem({ capability, onAdd }: { capability: Capability; onAdd(): void }) {
  const { name, serving, description } = capability;
  const Icon = iconOf(name);
  return (
    <li>
      <button
        type="button"
        draggable
        title={description || undefined}
        onClick={onAdd}
        onDragStart={(event) => {
          event.dataTransfer.setData(DRAGGED_CAPABILITY, name);
          event.dataTransfer.effectAllowed = 'copy';
        }}
        className="flex h-11 w-full cursor-grab items-center gap-2.5 rounded-md px-2 text-left hover:bg-hover active:cursor-grabbing"
      >
        <span className="flex size-7 shrink-0 items-center justify-center rounded-md border border-line bg-sunken text-quiet">
          <Icon aria-hidden size={15} />
        </span>
        <span className="min-w-0 grow">
          <span className="block truncate text-sm font-medium">{name}</span>
          <span className={`block truncate text-2xs ${serving === 0 ? 'text-warn' : 'text-quiet'}`}>
            {serving === 0 ? words.noAgentIsWorking : counts.agents(serving)}
          </span>
        </span>
      </button>
    </li>
  );
}
