'use client';

import { Repeat } from 'lucide-react';
import type { RunId } from '../../../server/domain/ids.ts';
import { isRunOver } from '../../../server/domain/statuses.ts';
import { pages, useFresh } from '../../data/index.ts';
import { lookOfAttempt } from '../../looks/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { ShowMore, usePages } from '../../shell/paged-table.tsx';
import { Empty } from '../../ui/feedback.tsx';
import { formatDuration } from '../../ui/format.ts';
import { DataGrid, type GridColumn } from '../../ui/grid/index.ts';
import { StatusText } from '../../ui/status.tsx';
import { AgentName } from './agent-name.tsx';
import { LateAnswers } from './late-answers.tsx';
import { runWords } from './run-words.ts';
import { ranFor } from './stage/attempt-list.tsx';
import { sayRouting } from './stage/routing.ts';
import { useAgentsById } from './use-agent-names.ts';
import type { Attempt, Run } from './use-run.ts';

const A_PAGE = 1000;

/** Every hand-out of every stage, with why that agent had it. */
export function AttemptsTab({ run }: { run: Run }) {
  const input = { id: run.id as RunId, limit: A_PAGE };
  const asked = usePages('runs.attempts', input, (page) => page.attempts);
  const { rows: attempts, error } = asked;
  useFresh(isRunOver(run.status) ? undefined : { run_id: run.id as RunId }, {
    keys: [pages('runs.attempts', input).queryKey],
    everyMs: 1000,
  });
  const agents = useAgentsById();
  const sayWhy = (attempt: Attempt) =>
    sayRouting(attempt, {
      type: run.stages[attempt.stage]?.type,
      transport: agents.get(attempt.agent_id ?? '')?.transport,
    });
  if (error && !attempts) return <Broken of={asked} />;
  return (
    <>
      <Broken of={asked} />
      <section className="overflow-hidden rounded-lg border border-line bg-card shadow-card">
        <DataGrid
          label={runWords.attempts.label}
          columns={columnsOf(run, { attempts: attempts ?? [], sayWhy })}
          rows={attempts}
          keyOf={({ stage, epoch }) => `${stage} ${epoch}`}
          empty={<Empty icon={Repeat} title={runWords.attempts.none} />}
        />
        <ShowMore of={asked} />
        <LateAnswers run={run} />
      </section>
    </>
  );
}

interface Known {
  attempts: readonly Attempt[];
  sayWhy(attempt: Attempt): ReturnType<typeof sayRouting>;
}

/** Where nobody was passed over, nobody is listed, and where nothing went wrong, nothing is said of it. */
function columnsOf(run: Run, { attempts, sayWhy }: Known): GridColumn<Attempt>[] {
  const { attempts: text, drawer } = runWords;
  const wasPassedOver = attempts.some((attempt) => sayWhy(attempt).rejected.length > 0);
  const wentWrong = attempts.some(({ error }) => error !== null);
  const rejectedOf = (attempt: Attempt) =>
    sayWhy(attempt)
      .rejected.map(({ agent, reason }) => `${agent}: ${reason}`)
      .join('; ');
  return [
    {
      key: 'stage',
      title: runWords.stage,
      width: 'minmax(7rem,10rem)',
      cell: ({ stage }) => run.stages[stage]?.name ?? stage,
    },
    { key: 'attempt', title: drawer.attempt, width: '5rem', align: 'end', cell: ({ attempt }) => attempt },
    {
      key: 'state',
      title: text.state,
      width: '7.5rem',
      onPhone: 'side',
      cell: ({ state }) => <StatusText look={lookOfAttempt(state)} />,
    },
    {
      key: 'agent',
      title: drawer.agent,
      width: 'minmax(8rem,10rem)',
      cell: ({ agent_id }) => (agent_id === null ? drawer.nobody : <AgentName id={agent_id} />),
    },
    {
      key: 'waited',
      title: drawer.waited,
      width: '5rem',
      align: 'end',
      wideOnly: true,
      cell: ({ ready_at, started_at }) =>
        ready_at === null || started_at === null
          ? '–'
          : formatDuration(Date.parse(started_at) - Date.parse(ready_at)),
    },
    { key: 'ran', title: drawer.ran, width: '5rem', align: 'end', cell: ranFor },
    {
      key: 'why',
      title: text.why,
      width: 'minmax(10rem,1fr)',
      onPhone: 'whole',
      cell: (attempt) => titled(sayWhy(attempt).reason),
    },
    ...(wasPassedOver
      ? [
          {
            key: 'rejected',
            title: text.rejected,
            width: 'minmax(6rem,1fr)',
            onPhone: 'whole' as const,
            cell: (attempt: Attempt) => titled(rejectedOf(attempt)),
          },
        ]
      : []),
    ...(wentWrong
      ? [
          {
            key: 'error',
            title: text.error,
            width: 'minmax(10rem,2fr)',
            onPhone: 'whole' as const,
            cell: ({ error }: Attempt) => error && titled(error.message),
          },
        ]
      : []),
  ];
}

/** Where there is no room for all of it, it is there when it is pointed at. */
const titled = (text: string) =>
  text === '' ? (
    '–'
  ) : (
    <span title={text} className="text-quiet">
      {text}
    </span>
  );
