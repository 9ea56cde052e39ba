import { Cpu, GitFork, Tag, Workflow } from 'lucide-react';
import type { FilterDef } from '../ui/filter/index.ts';
import { words } from './words.ts';

interface Named {
  id: string;
  name: string;
}

interface Offer {
  rows: readonly Named[];
  /** There are more. */
  isCut: boolean;
}

const named = ({ rows, isCut }: Offer) => ({
  choices: rows.map(({ id, name }) => ({ value: id, label: name })),
  isCut,
});

export function filterDefs(pipelines: Offer, agents: Offer): FilterDef[] {
  const { filters } = words;
  return [
    { key: 'pipeline', label: filters.pipeline, icon: Workflow, kind: 'choice', ...named(pipelines) },
    {
      ...{ key: 'version', label: filters.version, icon: GitFork, kind: 'text' },
      check: (text) => (/^[1-9]\d{0,8}$/.test(text) ? undefined : words.badNumber),
    },
    { key: 'agent', label: filters.agent, icon: Cpu, kind: 'choice', ...named(agents) },
    { key: 'tag', label: filters.tag, icon: Tag, kind: 'text', hint: words.tagHint },
  ];
}
