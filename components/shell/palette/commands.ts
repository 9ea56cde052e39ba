import type { LucideIcon } from 'lucide-react';
import { type KeyGroup, keysOf } from '../keys/registry.ts';

export interface Command {
  id: string;
  label: string;
  /** What kind of thing it is, or where it leads. */
  note?: string | undefined;
  keys?: string | undefined;
  icon?: LucideIcon | undefined;
  run(): void;
}

export interface CommandGroup {
  title: string;
  commands: readonly Command[];
}

/** Every word of the search begins some word of the label: `fail ru` finds "Failed runs". */
export function isMatch(label: string, search: string): boolean {
  const words = label.toLowerCase().split(/[\s·/_-]+/);
  return search
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((part) => words.some((word) => word.startsWith(part)));
}

interface Hits {
  all: readonly Command[];
  /** So many are shown. */
  most: number;
  /** There are more than have been asked for. */
  goesOn: boolean;
  /** Says how many are left, and leads to all of them. */
  more(left: number, goesOn: boolean): Command;
}

/** The first few, and last what leads to the others. */
export function shorten({ all, most, goesOn, more }: Hits): readonly Command[] {
  const left = all.length - most;
  return left > 0 || goesOn ? [...all.slice(0, most), more(Math.max(0, left), goesOn)] : all;
}

/**
 * What a page can do just now, first what people come to it for. Groups come in the order in which its parts were drawn, which
 * tells nobody anything; their titles do, where there are several.
 */
export function commandsOf(groups: readonly KeyGroup[]): Command[] {
  const isOne = new Set(groups.map(({ title }) => title)).size === 1;
  const offered = groups.flatMap(({ title, bindings }) =>
    bindings.filter(({ disabled }) => !disabled).map((binding) => ({ title, binding })),
  );
  return [
    ...offered.filter(({ binding }) => binding.leads),
    ...offered.filter(({ binding }) => !binding.leads),
  ].map(({ title, binding }) => ({
    id: `${title} ${binding.label}`,
    label: binding.label,
    note: isOne ? undefined : title,
    keys: keysOf(binding)[0],
    run: binding.run,
  }));
}

const PAGE_OF: Readonly<Record<string, string>> = {
  run: '/runs/',
  pipe: '/pipelines/',
  agent: '/agents/',
  bulk: '/bulk/',
};

const ID = /^(run|pipe|agent|bulk)_[0-9a-f]{32}$/;
/** `task_<run>_<place>`: it is shown on the page of its run. */
const TASK = /^task_([0-9a-f]{32})_(\d+)$/;

/** The page of whatever an id, pasted from a log, stands for. */
export function pageOfId(text: string): string | undefined {
  const given = text.trim();
  const task = TASK.exec(given);
  if (task) return `/runs/run_${task[1]}`;
  const kind = ID.exec(given)?.[1];
  return kind === undefined ? undefined : `${PAGE_OF[kind]}${given}`;
}
