'use client';

import { useQuery } from '@tanstack/react-query';
import { Repeat } from 'lucide-react';
import type { RunId } from '../../../server/domain/ids.ts';
import { isRunOver } from '../../../server/domain/statuses.ts';
import { query, useFresh } from '../../data/index.ts';
import { lookOfAttempt } from '../../looks/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { Empty } from '../../ui/feedback.tsx';
import { formatDuration } from '../../ui/format.ts';
import { DataGrid, type GridColumn } from '../../ui/grid/index.ts';
import { StatusText } from '../../ui/status.tsx';
import { AgentName } from './agent-name.tsx';
import { runWords } from './run-words.ts';
import { ranFor, sayRouting } from './stage/attempt-list.tsx';
import { useAgentNames } from './use-agent-names.ts';
import type { Attempt, Run } from './use-run.ts';

const MOST = 5000;

/** Every hand-out of every stage, with why that agent had it. */
export function AttemptsTab({ run }: { run: Run }) {
  const question = query('runs.attempts', { id: run.id as RunId });
  const asked = useQuery(question);
  const { data, error } = asked;
  useFresh(isRunOver(run.status) ? undefined : { run_id: run.id as RunId }, {
    keys: [question.queryKey],
    everyMs: 1000,
  });
  const attempts = data?.attempts;
  const nameOf = useAgentNames();
  if (error) return <Broken of={asked} />;
  return (
    <section className="overflow-hidden rounded-lg border border-line bg-card shadow-card">
      <DataGrid
        label={runWords.attempts.label}
        columns={columnsOf(run, { attempts: attempts ?? [], nameOf })}
        rows={attempts}
        keyOf={({ stage, epoch }) => `${stage} ${epoch}`}
        empty={<Empty icon={Repeat} title={runWords.attempts.none} />}
      />
      {attempts && attempts.length >= MOST ? (
        <p className="p-3 text-sm text-quiet">{runWords.attempts.cut}</p>
      ) : null}
    </section>
  );
}

interface Known {
  attempts: readonly Attempt[];
  nameOf(agentId: string): string;
}

/** Where there was nobody to choose among, there is nothing to say about the choice. */
function columnsOf(run: Run, { attempts, nameOf }: Known): GridColumn<Attempt>[] {
  const { attempts: text, drawer } = runWords;
  const wasChosen = attempts.some(({ routing }) => sayRouting(routing).reason !== '');
  const rejectedOf = ({ routing }: Attempt) =>
    sayRouting(routing)
      .rejected.map(({ agent, reason }) => `${nameOf(agent)}: ${reason}`)
      .join('; ');
  return [
    {
      key: 'stage',
      title: runWords.stage,
      width: 'minmax(7rem,12rem)',
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
      width: 'minmax(8rem,12rem)',
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
    ...(wasChosen ? choiceOf(rejectedOf) : []),
    {
      key: 'error',
      title: text.error,
      width: 'minmax(10rem,2fr)',
      wideOnly: true,
      cell: ({ error }) => error && <Titled text={error.message} />,
    },
  ];
}

function choiceOf(rejectedOf: (attempt: Attempt) => string): GridColumn<Attempt>[] {
  const { attempts: text } = runWords;
  return [
    {
      key: 'why',
      title: text.why,
      width: 'minmax(6rem,1fr)',
      wideOnly: true,
      cell: ({ routing }) => <Titled text={sayRouting(routing).reason} />,
    },
    {
      key: 'rejected',
      title: text.rejected,
      width: 'minmax(6rem,1fr)',
      wideOnly: true,
      cell: (attempt) => <Titled text={rejectedOf(attempt)} />,
    },
  ];
}

const Titled = ({ text }: { text: string }) => (
  <span title={text} className="text-quiet">
    {text || '–'}
  </span>
);
