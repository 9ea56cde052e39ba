'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import type { Answer } from '../data/index.ts';
import { query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { Card } from '../ui/surface.tsx';
import { Ago, Code } from '../ui/text.tsx';
import { words } from './words.ts';

type Approval = Answer<'mcpApprovals.list'>['approvals'][number];

const REFRESH_MS = 3000;

/** Calls that a rule makes wait for somebody. */
export function Approvals() {
  const canDecide = useMay()('mcp.decide');
  const asked = useQuery({
    ...query('mcpApprovals.list', { state: 'asked', limit: 50 }),
    refetchInterval: REFRESH_MS,
  });
  const { data, error } = asked;
  if (error && !data) return <Broken of={asked} />;
  if (!data)
    return (
      <Card flush>
        <Skeleton label={words.tabs.approvals} />
      </Card>
    );
  if (data.approvals.length === 0)
    return (
      <Card>
        <Empty icon={CircleCheck} title={words.noApprovals}>
          {words.noApprovalsNote}
        </Empty>
      </Card>
    );
  return (
    <ul className="flex flex-col gap-3">
      {data.approvals.map((approval) => (
        <li key={approval.id}>
          <Waiting approval={approval} canDecide={canDecide} />
        </li>
      ))}
    </ul>
  );
}

function Waiting({ approval, canDecide }: { approval: Approval; canDecide: boolean }) {
  const [isRefusing, setRefusing] = useState(false);
  const decide = useAct('mcpApprovals.decide', { done: words.decided });
  return (
    <Card
      title={<span className="font-mono text-sm">{approval.tool}</span>}
      actions={
        canDecide ? (
          <span className="flex gap-2">
            <Button size="sm" onClick={() => setRefusing(true)}>
              {words.refuse}
            </Button>
            <Button
              size="sm"
              look="primary"
              busy={decide.isBusy}
              onClick={() => decide.run({ id: approval.id, granted: true })}
            >
              {words.grant}
            </Button>
          </span>
        ) : undefined
      }
    >
      <p className="mb-2 text-sm text-quiet">
        {approval.caller.name} · <Ago at={approval.created_at} />
        {approval.run_id === null ? null : (
          <>
            {' · '}
            <Link href={`/runs/${approval.run_id}`} className="text-accent hover:underline">
              {words.itsRun}
            </Link>
          </>
        )}
      </p>
      {approval.arguments === null ? (
        <p className="text-sm text-quiet">{words.argumentsHidden}</p>
      ) : (
        <Code label={words.arguments}>{JSON.stringify(approval.arguments, null, 2)}</Code>
      )}
      <ConfirmDialog
        open={isRefusing}
        onOpenChange={setRefusing}
        title={words.refuseTitle(approval.tool)}
        consequence={words.refuseConsequence}
        confirmLabel={words.refuse}
        danger
        asksReason
        onConfirm={(reason) => decide.run({ id: approval.id, granted: false, reason })}
      />
    </Card>
  );
}
