'use client';

import { useQuery } from '@tanstack/react-query';
import type { Graph, Stage } from '../../../server/domain/graph/schema.ts';
import { validateGraph } from '../../../server/domain/graph/validate.ts';
import { whyNotAble } from '../../../server/domain/routing.ts';
import { type Answer, query } from '../../data/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { useMay } from '../../shell/use-may.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Skeleton } from '../../ui/feedback.tsx';
import { Table } from '../../ui/table.tsx';
import { useEditor } from '../context.ts';
import { writeDocument } from '../model/document.ts';
import { countProblems } from '../model/problems.ts';
import { inOrder } from '../model/wiring.ts';
import { counts } from '../model/words.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';

type Agent = Answer<'agents.list'>['agents'][number];

/** Everything but the work: is it sound, and who would take each stage just now? */
export function DryRunDialog({ onClose }: { onClose(): void }) {
  const { store, problems, asked } = useEditor();
  const mayRun = useMay()('run.operate');
  const agents = useQuery(query('agents.list', {}));
  const { data } = agents;
  const { errors, warnings } = countProblems(useObserved(problems, (list) => list));
  const document = useObserved(store, (state) => state.document);
  const verdict = validateGraph(writeDocument(document));
  const order = inOrder(document);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="lg"
      title={words.dryRun}
      description={
        errors === 0 && document.stages.length > 0
          ? words.sound(warnings === 0 ? null : counts.warnings(warnings))
          : words.itCannotRunYetNothing
      }
      actions={
        <Button
          look="primary"
          disabled={errors > 0 || !mayRun}
          onClick={() => asked.set({ kind: 'run', from: null })}
        >
          {words.runIt}
        </Button>
      }
    >
      <Broken of={agents} />
      {errors > 0 ? <p className="text-sm text-bad">{words.errorsListed(counts.errors(errors))}</p> : null}
      {data ? null : <Skeleton label={words.loadingTheAgents} />}
      {data && verdict.graph ? (
        <Table
          label={words.whoWouldTakeEachStage}
          rows={rowsOf(verdict.graph, { order, agents: data.agents })}
          keyOf={({ key }) => key}
          columns={[
            { key: 'stage', title: words.stage, cell: ({ title }) => title },
            {
              key: 'type',
              title: words.capability,
              cell: ({ type }) => <span className="font-mono text-xs">{type}</span>,
            },
            { key: 'agents', title: words.takenBy, cell: (row) => <Takers row={row} /> },
          ]}
        />
      ) : null}
    </Dialog>
  );
}

interface Row {
  key: string;
  title: string;
  type: string;
  takers: string[];
  /** Why those that are near would not. */
  reason: string | null;
}

function Takers({ row: { takers, reason } }: { row: Row }) {
  if (takers.length === 0) return <span className="text-warn">{words.nobodyNow(reason)}</span>;
  const [first, ...others] = takers;
  return (
    <span>
      {first}
      {words.orOthers(others)}
    </span>
  );
}

function rowsOf(
  graph: Graph,
  { order, agents }: { order: readonly string[]; agents: readonly Agent[] },
): Row[] {
  const stages = new Map(graph.stages.map((stage) => [stage.key, stage]));
  return order.flatMap((key) => {
    const stage = stages.get(key);
    return stage ? [{ key, title: stage.name || key, type: stage.type, ...takersOf(stage, agents) }] : [];
  });
}

/** By the rule of the dispatcher, which is the same code. */
function takersOf(stage: Stage, agents: readonly Agent[]): Pick<Row, 'takers' | 'reason'> {
  const able: Agent[] = [];
  let reason: string | null = null;
  for (const agent of agents) {
    const why = whyNotAble(stage, {
      name: agent.name,
      capabilities: new Set(agent.capabilities),
      labels: new Set(agent.labels),
    });
    if (why === null) able.push(agent);
    else if (agent.capabilities.includes(stage.type)) reason = `${agent.name}: ${why}`;
  }
  const [idle] = able;
  const takers = able.filter(({ status }) => status === 'active').map(({ name }) => name);
  return { takers, reason: takers.length === 0 && idle ? words.agentIs(idle.name, idle.status) : reason };
}
