'use client';

import { Search } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { SearchDialog } from '../../ui/dialog.tsx';
import { Keys } from '../../ui/keys.tsx';
import { switchToldTimes } from '../../ui/told-times.ts';
import { useKeys } from '../keys/index.ts';
import { words } from '../words.ts';
import type { Command, CommandGroup } from './commands.ts';
import { TIMES_KEY, useCommands } from './use-commands.ts';

/** Everything by name: go, find, act. Ctrl K or ⌘ K opens it from anywhere. */
export function Palette() {
  const [isOpen, setOpen] = useState(false);
  useKeys(words.everywhere, [
    { keys: 'mod+k', label: words.palette.title, whileTyping: true, run: () => setOpen(true) },
    { keys: TIMES_KEY, label: words.times.either, run: switchToldTimes },
  ]);
  return (
    <>
      <button
        type="button"
        onClick={() => setOpen(true)}
        className="flex h-8 pointer-coarse:h-9 items-center gap-2.5 rounded-md px-2 text-quiet hover:bg-hover hover:text-text md:mb-2 md:border md:border-line"
      >
        <Search aria-hidden size={16} />
        <span className="grow text-left max-md:sr-only">{words.palette.title}</span>
        <span className="max-md:hidden">
          <Keys keys="mod+k" />
        </span>
      </button>
      <SearchDialog open={isOpen} onOpenChange={setOpen} title={words.palette.title}>
        <Finder onDone={() => setOpen(false)} />
      </SearchDialog>
    </>
  );
}

function Finder({ onDone }: { onDone(): void }) {
  const [search, setSearch] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  const groups = useCommands(search);
  const commands = groups.flatMap((group) => group.commands);
  const current = Math.min(at, commands.length - 1);
  const choose = (command: Command | undefined) => {
    if (!command) return;
    onDone();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined && event.key !== 'Enter') return;
    event.preventDefault();
    if (step === undefined) choose(commands[current]);
    else setAt((current + step + commands.length) % Math.max(1, commands.length));
  };
  return (
    <>
      <label className="flex items-center gap-3 border-b border-line px-4">
        <Search aria-hidden size={16} className="text-quiet" />
        <input
          role="combobox"
          aria-label={words.palette.title}
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={current < 0 ? undefined : `${id}-${current}`}
          placeholder={words.palette.hint}
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
          className="h-12 grow bg-transparent text-base outline-none placeholder:text-faint"
        />
      </label>
      <Results groups={groups} current={current} id={id} onChoose={choose} />
    </>
  );
}

interface ResultsProps {
  groups: readonly CommandGroup[];
  current: number;
  id: string;
  onChoose(command: Command): void;
}

function Results({ groups, current, id, onChoose }: ResultsProps) {
  const order = new Map(groups.flatMap(({ commands }) => commands).map((command, at) => [command, at]));
  useEffect(() => {
    document.getElementById(`${id}-${current}`)?.scrollIntoView({ block: 'nearest' });
  }, [id, current]);
  return (
    <div
      id={`${id}-list`}
      role="listbox"
      aria-label={words.palette.found}
      className="max-h-[50vh] overflow-y-auto p-1.5"
    >
      {groups.length === 0 ? (
        <p className="px-3 py-6 text-center text-sm text-quiet">{words.palette.none}</p>
      ) : null}
      {groups.map(({ title, commands }) => (
        // biome-ignore lint/a11y/useSemanticElements: a part of a list box, no set of fields
        <div key={title} role="group" aria-label={title}>
          <p aria-hidden className="px-2.5 pb-1 pt-2 text-xs text-quiet">
            {title}
          </p>
          {commands.map((command) => (
            <Option
              key={command.id}
              id={`${id}-${order.get(command)}`}
              command={command}
              isCurrent={order.get(command) === current}
              onChoose={onChoose}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

function Option({
  id,
  command,
  isCurrent,
  onChoose,
}: {
  id: string;
  command: Command;
  isCurrent: boolean;
  onChoose(command: Command): void;
}) {
  const { label, note, keys, icon: Icon } = command;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field that it belongs to
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isCurrent}
      onClick={() => onChoose(command)}
      className="flex min-h-8 pointer-coarse:min-h-10 cursor-default items-center gap-2.5 rounded-md px-2.5 text-sm hover:bg-hover aria-selected:bg-accent-soft"
    >
      {Icon ? <Icon aria-hidden size={15} className="shrink-0 text-quiet" /> : null}
      <span className="min-w-0 grow truncate">{label}</span>
      {note === undefined ? null : <span className="shrink-0 text-xs text-quiet">{note}</span>}
      {keys === undefined ? null : <Keys keys={keys} />}
    </div>
  );
}
