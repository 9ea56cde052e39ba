'use client';

import { useQuery } from '@tanstack/react-query';
import { ArrowRight, Bot, Clock, CornerDownLeft, ListFilter, Plus, Workflow } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useDeferredValue } from 'react';
import type { VersionId } from '../../../server/domain/ids.ts';
import { query } from '../../data/index.ts';
import { switchToldTimes, useTellsMoments } from '../../ui/told-times.ts';
import { useKeyGroups } from '../keys/index.ts';
import { useMay } from '../use-may.ts';
import { usePlaces } from '../use-places.ts';
import { words } from '../words.ts';
import {
  type Command,
  type CommandGroup,
  commandsOf,
  isMatch,
  isVersionId,
  pageOfId,
  pageOfVersion,
  shorten,
} from './commands.ts';

/** Shown of each kind; of the others it is said how many there are, as far as they are counted. */
const FOUND = 6;
const COUNTED = 30;
/** How times are told, from anywhere. */
export const TIMES_KEY = 't';

/** What can be done or gone to from here, as far as it fits what was typed. */
export function useCommands(search: string): CommandGroup[] {
  const { push } = useRouter();
  const here = usePageCommands();
  const places = usePlaces();
  const anywhere = useCommandsAnywhere();
  const found = useFound(search);
  const page = usePageOfId(search);
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
    { title: words.palette.anywhere, commands: anywhere.filter(({ label }) => isMatch(label, search)) },
    ...found,
  ];
  return groups.filter(({ commands }) => commands.length > 0);
}

/** What is about no page: how times are told, and what is made from nothing. */
function useCommandsAnywhere(): Command[] {
  const { push } = useRouter();
  const href = '/pipelines?new=blank';
  const times: Command = {
    id: 'times',
    label: useTellsMoments() ? words.times.tellAges : words.times.tellMoments,
    ...{ keys: TIMES_KEY, icon: Clock, run: switchToldTimes },
  };
  const pipeline = { id: href, label: words.palette.newPipeline, icon: Plus, run: () => push(href) };
  return useMay()('pipeline.create') ? [pipeline, times] : [times];
}

/** Of a version the server is asked where it belongs. */
function usePageOfId(search: string): string | undefined {
  const id = search.trim();
  const { data } = useQuery({
    ...query('pipelines.findVersion', { id: id as VersionId }),
    enabled: isVersionId(id),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return isVersionId(id) ? data && pageOfVersion(data) : pageOfId(id);
}

/** What can be done on this page, to those who do not know its key, or where it has none. */
function usePageCommands(): Command[] {
  return commandsOf(useKeyGroups().filter(({ title }) => title !== words.everywhere)).map((command) => ({
    ...command,
    icon: ArrowRight,
  }));
}

function useFound(search: string): CommandGroup[] {
  const { push } = useRouter();
  const typed = useDeferredValue(search.trim());
  const enabled = typed.length >= 2;
  const { data: pipelines } = useQuery({
    ...query('pipelines.list', { search: typed, limit: COUNTED }),
    enabled,
  });
  const { data: agents } = useQuery({ ...query('agents.list', { search: typed, limit: COUNTED }), enabled });
  if (!enabled) return [];
  return [
    {
      title: words.palette.pipelines,
      commands: shorten({
        most: FOUND,
        all: (pipelines?.pipelines ?? []).map(({ id, name }) => ({
          ...{ id, label: name, icon: Workflow, run: () => push(`/pipelines/${id}`) },
        })),
        goesOn: pipelines?.next_cursor != null,
        more: moreOf('pipelines', () => push(`/pipelines?q=${encodeURIComponent(typed)}`)),
      }),
    },
    {
      title: words.palette.agents,
      commands: shorten({
        most: FOUND,
        all: (agents?.agents ?? []).map(({ id, name, status }) => ({
          ...{ id, label: name, note: status, icon: Bot, run: () => push(`/agents/${id}`) },
        })),
        goesOn: agents?.next_cursor != null,
        more: moreOf('agents', () => push(`/agents?q=${encodeURIComponent(typed)}`)),
      }),
    },
  ];
}

const moreOf =
  (id: string, run: () => void) =>
  (left: number, goesOn: boolean): Command => ({
    ...{ id: `more ${id}`, icon: ListFilter, run, note: words.palette.inList },
    label: goesOn ? words.palette.manyMore(left) : words.palette.more(left),
  });
