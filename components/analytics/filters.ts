import { Cpu, GitFork, Tag, Workflow } from 'lucide-react';
import type { FilterDef } from '../ui/filter/index.ts';
import { words } from './words.ts';

interface Named {
  id: string;
  name: string;
}

const named = (things: readonly Named[]) => things.map(({ id, name }) => ({ value: id, label: name }));

export function filterDefs(pipelines: readonly Named[], agents: readonly Named[]): FilterDef[] {
  const { filters } = words;
  return [
    { key: 'pipeline', label: filters.pipeline, icon: Workflow, kind: 'choice', choices: named(pipelines) },
    {
      ...{ key: 'version', label: filters.version, icon: GitFork, kind: 'text' },
      check: (text) => (/^[1-9]\d{0,8}$/.test(text) ? undefined : words.badNumber),
    },
    { key: 'agent', label: filters.agent, icon: Cpu, kind: 'choice', choices: named(agents) },
    { key: 'tag', label: filters.tag, icon: Tag, kind: 'text', hint: words.tagHint },
  ];
}
