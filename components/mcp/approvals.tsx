'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import type { RunId } from '../../server/domain/ids.ts';
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
import { AskedQuestion } from './asked-questions.tsx';
import { words } from './words.ts';

type Approval = Answer<'mcpApprovals.list'>['approvals'][number];
type Question = Answer<'mcpQuestions.list'>['questions'][number];

const REFRESH_MS = 3000;

/** Calls that a rule makes wait for somebody, and those in whose middle a server asks something. */
export function Approvals() {
  const { approvals, questions, hasMore, asked } = useAsked({});
  if (!approvals || !questions)
    return asked.some(({ error }) => error) ? (
      <Broken of={asked} />
    ) : (
      <Card flush>
        <Skeleton label={words.tabs.approvals} />
      </Card>
    );
  if (approvals.length + questions.length === 0)
    return (
      <Card>
        <Empty icon={CircleCheck} title={words.noApprovals}>
          {words.noApprovalsNote}
        </Empty>
      </Card>
    );
  return <Asked {...{ approvals, questions, hasMore }} />;
}

/** How many people are asked just now; not known yet: undefined. */
export function useAskedCount(): number | undefined {
  const { approvals, questions } = useAsked({});
  return approvals && questions && approvals.length + questions.length;
}

/** The same of one run, while there is any. */
export function AskedOfRun({ runId }: { runId: RunId }) {
  const { approvals = [], questions = [], hasMore, asked } = useAsked({ run_id: runId });
  if (approvals.length + questions.length === 0) return <Broken of={asked} />;
  return (
    <section aria-label={words.asked} className="mb-5">
      <Broken of={asked} />
      <Asked {...{ approvals, questions, hasMore }} isOnRun />
    </section>
  );
}

function useAsked(of: { run_id?: RunId }) {
  const filter = { state: 'asked' as const, limit: 50, ...of };
  const approvals = useQuery({ ...query('mcpApprovals.list', filter), refetchInterval: REFRESH_MS });
  const questions = useQuery({ ...query('mcpQuestions.list', filter), refetchInterval: REFRESH_MS });
  return {
    approvals: approvals.data?.approvals,
    questions: questions.data?.questions,
    hasMore: [approvals, questions].some(({ data }) => (data?.next_cursor ?? null) !== null),
    asked: [approvals, questions],
  };
}

function Asked({
  approvals,
  questions,
  hasMore,
  isOnRun = false,
}: {
  approvals: readonly Approval[];
  questions: readonly Question[];
  hasMore: boolean;
  isOnRun?: boolean;
}) {
  const canDecide = useMay()('mcp.decide');
  return (
    <ul className="flex flex-col gap-3">
      {questions.map((question) => (
        <li key={question.id}>
          <AskedQuestion {...{ question, isOnRun }} />
        </li>
      ))}
      {approvals.map((approval) => (
        <li key={approval.id}>
          <Waiting {...{ approval, canDecide, isOnRun }} />
        </li>
      ))}
      {hasMore ? <li className="px-1 text-sm text-quiet">{words.moreAsked}</li> : null}
    </ul>
  );
}

function Waiting({
  approval,
  canDecide,
  isOnRun,
}: {
  approval: Approval;
  canDecide: boolean;
  isOnRun: boolean;
}) {
  const [isRefusing, setRefusing] = useState(false);
  const decide = useAct('mcpApprovals.decide', { done: words.decided });
  const whyNot = whyNotGrant(approval, canDecide);
  return (
    <Card
      title={<span className="wrap-anywhere">{words.approval.title(approval.tool)}</span>}
      actions={
        canDecide ? (
          <span className="flex gap-2">
            <Button size="sm" onClick={() => setRefusing(true)}>
              {words.refuse}
            </Button>
            {approval.may_grant ? (
              <Button
                size="sm"
                look="primary"
                busy={decide.isBusy}
                onClick={() => decide.run({ id: approval.id, granted: true })}
              >
                {words.grant}
              </Button>
            ) : null}
          </span>
        ) : undefined
      }
    >
      <Whence approval={approval} isOnRun={isOnRun} />
      {approval.arguments === null ? (
        <p className="text-sm text-quiet">{words.argumentsHidden}</p>
      ) : (
        <Code label={words.arguments}>{JSON.stringify(approval.arguments, null, 2)}</Code>
      )}
      {whyNot === null ? null : <p className="mt-2 text-sm text-quiet">{whyNot}</p>}
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

/** Null: whoever looks may grant it. */
function whyNotGrant({ may_grant, arguments: asked }: Approval, canDecide: boolean): string | null {
  if (!canDecide) return words.approval.notYours;
  if (may_grant) return null;
  return asked === null ? words.approval.unseen : words.approval.own;
}

/** Who wants to make the call, since when, and where it leads. */
function Whence({ approval, isOnRun }: { approval: Approval; isOnRun: boolean }) {
  return (
    <p className="mb-2 text-sm text-quiet">
      {approval.caller.name} · <Ago at={approval.created_at} />
      {approval.run_id === null || isOnRun ? null : (
        <>
          {' · '}
          <Link href={`/runs/${approval.run_id}`} className="text-accent hover:underline">
            {words.itsRun}
          </Link>
        </>
      )}
    </p>
  );
}
