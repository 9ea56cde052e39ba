'use client';

import { Hourglass } from 'lucide-react';
import type { RunId } from '../../../server/domain/ids.ts';
import { isRunOver } from '../../../server/domain/statuses.ts';
import { type Answer, pages, useFresh } from '../../data/index.ts';
import { ShowMore, usePages } from '../../shell/paged-table.tsx';
import { Ago } from '../../ui/text.tsx';
import { AgentName } from './agent-name.tsx';
import { runWords } from './run-words.ts';
import type { Run } from './use-run.ts';

type Late = Answer<'runs.lateAnswers'>['late_answers'][number];

/** What agents said of hand-outs that were no longer theirs. Most runs have none, and then nothing is said of it. */
export function LateAnswers({ run }: { run: Run }) {
  const input = { id: run.id as RunId };
  const asked = usePages('runs.lateAnswers', input, (page) => page.late_answers);
  useFresh(isRunOver(run.status) ? undefined : { run_id: run.id as RunId }, {
    keys: [pages('runs.lateAnswers', input).queryKey],
    everyMs: 5000,
  });
  const { rows } = asked;
  if (!rows || rows.length === 0) return null;
  return (
    <div className="border-line border-t">
      <ul aria-label={runWords.late.label} className="divide-y divide-line">
        {rows.map((late) => (
          <Line key={`${late.task_id} ${late.epoch} ${late.at} ${late.bytes}`} late={late} run={run} />
        ))}
      </ul>
      <ShowMore of={asked} />
    </div>
  );
}

function Line({ late, run }: { late: Late; run: Run }) {
  const { late: text, drawer } = runWords;
  const name = run.stages[late.stage]?.name ?? String(late.stage);
  return (
    <li className="flex items-start gap-2.5 px-4 py-2.5 text-sm">
      <Hourglass aria-hidden size={14} className="mt-1 shrink-0 text-warn" />
      <p className="min-w-0 grow wrap-anywhere">
        <span className="font-medium">{text.came(name)}</span>{' '}
        {late.agent_id === null ? drawer.nobody : <AgentName id={late.agent_id} />} {text.said[late.said]}{' '}
        <span className="text-quiet">{late.reason}</span>
      </p>
      <span className="shrink-0 text-quiet">
        <Ago at={late.at} />
      </span>
    </li>
  );
}
