'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { query } from '../data/index.ts';
import { LimitsTable } from '../limits/index.ts';
import { Broken } from '../shell/broken.tsx';
import { useIsFor, useMay } from '../shell/use-may.ts';
import { formatCount, formatDuration } from '../ui/format.ts';
import { Figure, Page, PageHead } from '../ui/surface.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { QueuesTable } from './queues-table.tsx';
import type { Letter, Queue } from './types.ts';
import { words } from './words.ts';

const EVERY_MS = 5000;
const SHOWN_LETTERS = 500;
const QUEUES = query('queues.list', {});
const LETTERS = query('deadLetters.list', { limit: SHOWN_LETTERS });
const PARTS = ['queues', 'dead', 'limits'] as const;

export function QueuesPage() {
  const [part, setPart] = useQueryState('part', parseAsStringLiteral(PARTS).withDefault('queues'));
  const [, setLetter] = useQueryState('letter', parseAsString);
  const mayInspect = useMay()('queue.inspect');
  // To whoever may not look into them, none are offered.
  const isDeadFor = useIsFor()('queue.inspect');
  const list = useQuery({ ...QUEUES, refetchInterval: EVERY_MS });
  const letters = useQuery({ ...LETTERS, enabled: mayInspect, refetchInterval: EVERY_MS });
  // Dead letters have a part of their own.
  const queues = list.data?.queues.filter(({ queue }) => queue !== 'mcp.dead-letters');
  const dead = letters.data?.dead_letters;
  return (
    <Page width="wide">
      <PageHead title={words.title} note={words.note} />
      <Broken of={list} />
      <div className="flex flex-col gap-5">
        <Figures queues={queues} dead={dead} isDeadShown={isDeadFor} />
        <Tabs
          label={words.parts}
          value={part}
          onChange={(next) => {
            void setLetter(null);
            void setPart(next);
          }}
          items={[
            {
              value: 'queues',
              label: words.tabs.queues,
              content: <QueuesTable queues={queues} isBroken={list.error !== null} />,
            },
            ...(isDeadFor || part === 'dead'
              ? [
                  {
                    value: 'dead' as const,
                    label: words.tabs.dead,
                    ...(dead
                      ? {
                          count:
                            dead.length < SHOWN_LETTERS ? dead.length : words.figures.atLeast(SHOWN_LETTERS),
                        }
                      : {}),
                    content: (
                      <DeadLetters
                        letters={dead}
                        asked={letters}
                        mayInspect={isDeadFor}
                        isAll={(dead?.length ?? 0) < SHOWN_LETTERS}
                      />
                    ),
                  },
                ]
              : []),
            { value: 'limits', label: words.tabs.limits, content: <LimitsTable /> },
          ]}
        />
      </div>
    </Page>
  );
}

function Figures({
  queues,
  dead,
  isDeadShown,
}: {
  queues: readonly Queue[] | undefined;
  dead: readonly Letter[] | undefined;
  isDeadShown: boolean;
}) {
  const sum = (count: (queue: Queue) => number) =>
    queues ? formatCount(queues.reduce((total, queue) => total + count(queue), 0)) : '–';
  const ages = queues?.flatMap(({ oldest_age_ms: age }) => (age === null ? [] : [age])) ?? [];
  const more = (dead?.length ?? 0) >= SHOWN_LETTERS;
  return (
    <section
      aria-label={words.figures.label}
      className={`grid grid-cols-2 gap-3 max-md:*:last:odd:col-span-2 ${isDeadShown ? 'md:grid-cols-3 lg:grid-cols-5' : 'md:grid-cols-4'}`}
    >
      <Figure label={words.figures.waiting} value={sum(({ messages }) => messages)} href="/queues" />
      <Figure
        label={words.figures.oldest}
        value={ages.length === 0 ? '–' : formatDuration(Math.max(...ages))}
      />
      <Figure
        label={words.figures.inHand}
        value={sum(({ unacked }) => unacked)}
        note={words.figures.inHandNote}
      />
      <Figure
        label={words.figures.rate}
        value={sum((queue) => queue.delivered_per_minute)}
        unit={words.figures.perMinute}
      />
      {isDeadShown ? (
        <Figure
          label={words.figures.dead}
          value={dead ? dead.length : '–'}
          note={more ? words.figures.more : undefined}
          href="/queues?part=dead"
        />
      ) : null}
    </section>
  );
}
