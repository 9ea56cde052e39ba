'use client';

import { useQuery } from '@tanstack/react-query';
import { Bot } from 'lucide-react';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { Card } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { Bad } from './bad.tsx';
import { Changed, NothingBefore } from './changed.tsx';
import { openerOf } from './figure-link.tsx';
import { changeOfMs, changeOfShare, formatCount, formatMs, formatShareBelow } from './format.ts';
import { behindAgent } from './links.ts';
import { Nothing } from './nothing.tsx';
import { useLastAnswer } from './use-last-answer.ts';
import type { ScopeState } from './use-scope.ts';
import { words } from './words.ts';

type View = Answer<'analytics.agents'>;
type Agent = View['agents'][number];

/** Who does it better, who does it slower, and who loses what they were given. */
export function AgentsTab({ state }: { state: ScopeState }) {
  const agents = useQuery({ ...query('analytics.agents', state.scope), placeholderData: (before) => before });
  const data = useLastAnswer(agents, state);
  if (agents.error && !data) return <Broken of={agents} />;
  if (!data) return <Skeleton label={words.loading} rows={8} />;
  if (data.agents.length === 0)
    return <Nothing icon={Bot} title={words.agents.none} note={words.agents.noneHint} state={state} />;
  const hasBefore = data.agents.some(({ before }) => before.success.value !== null);
  return (
    <div className="flex flex-col gap-5">
      <Broken of={agents} />
      {state.params.compare && !hasBefore ? <NothingBefore /> : null}
      <Card flush>
        <Table
          label={words.agents.label}
          rows={data.agents}
          keyOf={({ agent_id }) => agent_id}
          columns={columnsOf(data, state, state.params.compare && hasBefore)}
        />
      </Card>
    </div>
  );
}

function columnsOf(view: View, state: ScopeState, compared: boolean): TableColumn<Agent>[] {
  const { agents: said } = words;
  const number = { align: 'end', wideOnly: true } as const;
  const linksOf = ({ agent_id }: Agent) =>
    behindAgent({ ...state.link, tag: null, agent: agent_id }, view.range);
  const opening = openerOf(linksOf, () => said.opens);
  return [
    {
      key: 'agent',
      title: said.agent,
      cell: (agent) => (
        <Link href={linksOf(agent).all} className="font-medium hover:underline">
          {agent.name ?? agent.agent_id}
          <span className="ml-2 text-xs font-normal text-quiet">{agent.instance ?? said.gone}</span>
        </Link>
      ),
    },
    {
      key: 'attempts',
      title: said.attempts,
      align: 'end',
      cell: opening('all', ({ attempts }) => formatCount(attempts)),
    },
    {
      key: 'success',
      title: said.success,
      align: 'end',
      cell: opening('all', ({ success }) => formatShareBelow(success.value)),
    },
    ...(compared
      ? [
          {
            key: 'before',
            title: said.successChange,
            wideOnly: true,
            cell: ({ success, before }: Agent) => (
              <Changed inTable change={changeOfShare(success, before.success)} />
            ),
          },
        ]
      : []),
    {
      key: 'failed',
      title: said.failed,
      ...number,
      cell: opening('failed', (agent) => <Bad count={agent.failed_attempts} />),
    },
    { key: 'lost', title: said.lost, ...number, cell: opening('lost', ({ lost }) => <Bad count={lost} />) },
    { key: 'wait', title: said.wait, ...number, cell: opening('slowest', ({ wait }) => formatMs(wait.p95)) },
    {
      key: 'time50',
      title: said.time50,
      ...number,
      cell: opening('slowest', ({ time }) => formatMs(time.p50)),
    },
    { key: 'time', title: said.time, ...number, cell: opening('slowest', ({ time }) => formatMs(time.p95)) },
    ...(compared
      ? [
          {
            key: 'change',
            title: said.timeChange,
            wideOnly: true,
            cell: ({ time, before }: Agent) => (
              <Changed inTable change={changeOfMs(time.p95, before.time.p95)} />
            ),
          },
        ]
      : []),
    { key: 'busy', title: said.busy, ...number, cell: opening('all', ({ busy_ms }) => formatMs(busy_ms)) },
  ];
}
