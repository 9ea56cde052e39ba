'use client';

import { useQuery } from '@tanstack/react-query';
import { ArrowRight, Bot, CornerDownLeft, Workflow } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useDeferredValue } from 'react';
import { query } from '../../data/index.ts';
import { useKeyGroups } from '../keys/index.ts';
import { usePlaces } from '../use-places.ts';
import { words } from '../words.ts';
import { type CommandGroup, isMatch, pageOfId } from './commands.ts';

const FOUND = 6;

/** What can be done or gone to from here, as far as it fits what was typed. */
export function useCommands(search: string): CommandGroup[] {
  const { push } = useRouter();
  const here = usePageCommands();
  const places = usePlaces();
  const found = useFound(search);
  const page = pageOfId(search);
  const groups: CommandGroup[] = [
    {
      title: words.palette.byId,
      commands:
        page === undefined
          ? []
          : [
              {
                id: page,
                label: search.trim(),
                note: words.palette.openIt,
                icon: CornerDownLeft,
                run: () => push(page),
              },
            ],
    },
    { title: words.palette.here, commands: here.filter(({ label }) => isMatch(label, search)) },
    {
      title: words.palette.goTo,
      commands: places
        .filter(({ label }) => isMatch(label, search))
        .map(({ label, href, icon }) => ({
          id: href,
          label,
          icon,
          run: () => push(href),
        })),
    },
    ...found,
  ];
  return groups.filter(({ commands }) => commands.length > 0);
}

/** What can be done on this page, to those who do not know its key, or where it has none. */
function usePageCommands() {
  return useKeyGroups()
    .filter(({ title }) => title !== words.everywhere)
    .flatMap(({ title, bindings }) =>
      bindings
        .filter(({ disabled }) => !disabled)
        .map(({ keys, label, run }) => ({
          ...{ id: `${title} ${label}`, label, note: title, run, icon: ArrowRight },
          keys: typeof keys === 'string' ? keys : keys?.[0],
        })),
    );
}

function useFound(search: string): CommandGroup[] {
  const { push } = useRouter();
  const typed = useDeferredValue(search.trim());
  const enabled = typed.length >= 2;
  const { data: pipelines } = useQuery({
    ...query('pipelines.list', { search: typed, limit: FOUND }),
    enabled,
  });
  const { data: agents } = useQuery({ ...query('agents.list', { search: typed }), enabled });
  if (!enabled) return [];
  return [
    {
      title: words.palette.pipelines,
      commands: (pipelines?.pipelines ?? []).map(({ id, name }) => ({
        ...{ id, label: name, icon: Workflow, run: () => push(`/pipelines/${id}`) },
      })),
    },
    {
      title: words.palette.agents,
      commands: (agents?.agents ?? []).slice(0, FOUND).map(({ id, name, status }) => ({
        ...{ id, label: name, note: status, icon: Bot, run: () => push(`/agents/${id}`) },
      })),
    },
  ];
}
