import type { LucideIcon } from 'lucide-react';
import { type IdKind, isId } from '../../../server/domain/id-pattern.ts';
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

/** What holds a thing that has no page of its own is the page where it is listed. */
const PAGE_OF: Readonly<Record<Exclude<IdKind, 'ver'>, (id: string) => string>> = {
  run: (id) => `/runs/${id}`,
  pipe: (id) => `/pipelines/${id}`,
  agent: (id) => `/agents/${id}`,
  bulk: (id) => `/bulk/${id}`,
  letter: (id) => `/queues?part=dead&letter=${id}`,
  org: () => '/settings/organisation',
  user: () => '/settings/members',
  invite: () => '/settings/members',
  session: () => '/settings/account',
  passkey: () => '/settings/account',
  key: () => '/settings/keys',
  agentToken: () => '/settings/agent-tokens',
  app: () => '/settings/apps',
  notificationTarget: () => '/settings/notifications',
  delivery: () => '/settings/notifications',
  mcpConnection: (id) => `/connections/${id}`,
  mcpServer: () => '/connections?tab=servers',
  mcpRule: () => '/connections?tab=rules',
  mcpApproval: () => '/connections?tab=approvals',
  mcpQuestion: () => '/connections?tab=approvals',
  mcpCall: () => '/connections?tab=log',
};

/** `task_<run>_<place>`: it is shown on the page of its run. */
const TASK = /^task_([0-9a-f]{32})_(\d{1,9})$/;
const ERROR_GROUP = /^[0-9a-f]{16}$/;
/** Not yet the whole id: it is what runs that were started then begin with. */
const RUN_BEGINS = /^run_[0-9a-f]{4,31}$/;

/** The page of whatever an id, pasted from a log, stands for. Where a version belongs, only the server knows: `isVersionId`. */
export function pageOfId(text: string): string | undefined {
  const given = text.trim();
  const task = TASK.exec(given);
  if (task) return `/runs/run_${task[1]}?task=${task[2]}`;
  if (ERROR_GROUP.test(given)) return `/analytics/errors/${given}`;
  if (RUN_BEGINS.test(given)) return `/runs?id=${given}`;
  const kinds = Object.keys(PAGE_OF) as (keyof typeof PAGE_OF)[];
  const kind = kinds.find((each) => isId(each, given));
  return kind && PAGE_OF[kind](given);
}

export const isVersionId = (text: string): boolean => isId('ver', text.trim());

/** Where a version is listed, with what it changed; that of a task on its own is known by its runs alone. */
export function pageOfVersion(found: { id: string; number: number; pipeline_id: string | null }): string {
  const { id, number, pipeline_id: pipeline } = found;
  return pipeline === null
    ? `/runs?version_id=${id}`
    : `/pipelines/${pipeline}?tab=versions&version=${number}`;
}
