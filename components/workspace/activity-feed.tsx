'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { FilePen, Lock, type LucideIcon, MessageSquare, NotebookPen } from 'lucide-react';
import type { RunId } from '../../server/domain/ids.ts';
import { type Answer, query } from '../data/index.ts';
import { Skeleton } from '../ui/feedback.tsx';
import { Card } from '../ui/surface.tsx';
import { Ago } from '../ui/text.tsx';
import { words } from './words.ts';

type Activity = Answer<'workspaces.activity'>['activity'][number];

const ICONS: Record<Activity['type'], LucideIcon> = {
  change: FilePen,
  step: NotebookPen,
  message: MessageSquare,
  claim: Lock,
};
const LAST = 200;

/** The last of what happened; it is asked for anew when the workspace has a newer number. */
export function ActivityFeed({ runId, newest }: { runId: RunId; newest: number }) {
  const { data } = useQuery({
    ...query('workspaces.activity', { id: runId, after: Math.max(0, newest - LAST), limit: LAST }),
    placeholderData: keepPreviousData,
  });
  return (
    <Card title={words.feed} flush>
      {data ? null : <Skeleton label={words.loading} rows={4} />}
      {data?.activity.length === 0 ? <p className="px-4 py-3 text-sm text-quiet">{words.noFeed}</p> : null}
      <ol aria-label={words.feed} className="max-h-[28rem] overflow-y-auto">
        {data?.activity
          .slice(-LAST)
          .toReversed()
          .map((activity) => (
            <Line key={keyOf(activity)} activity={activity} />
          ))}
      </ol>
    </Card>
  );
}

/** What was carried over, or let go together, has one number. */
const keyOf = ({ seq, type, change, claim }: Activity): string =>
  `${seq} ${type} ${change?.path ?? claim?.lease_id ?? ''}`;

function Line({ activity }: { activity: Activity }) {
  const said = say(activity);
  if (!said) return null;
  const Icon = ICONS[activity.type];
  return (
    <li className="flex items-start gap-2.5 border-b border-line px-4 py-2 text-sm last:border-b-0">
      <Icon aria-hidden size={14} className="mt-1 shrink-0 text-quiet" />
      <div className="min-w-0 grow">
        <p className="flex gap-2">
          <span className="truncate font-medium">{said.who}</span>
          <span className="ml-auto shrink-0 text-xs text-quiet">
            <Ago at={said.at} />
          </span>
        </p>
        <p className="whitespace-pre-wrap break-words text-quiet">{said.what}</p>
      </div>
    </li>
  );
}

function say({
  change,
  step,
  message,
  claim,
}: Activity): { who: string; what: string; at: string } | undefined {
  if (change) {
    const { kind, path, version, changed_by: who, changed_at: at } = change;
    return { who, at, what: words.wrote(kind, path, version) };
  }
  if (step) return { who: step.name, at: step.at, what: step.message };
  if (message) {
    const { from, to, body, at } = message;
    return { who: `${from.name} ${words.said(to?.name ?? null)}`, at, what: body };
  }
  return claim && { who: claim.name, at: claim.at, what: sayClaim(claim) };
}

function sayClaim({ patterns, ended }: NonNullable<Activity['claim']>): string {
  const held = patterns.join(', ');
  if (ended === null) return words.claimed(held);
  return ended.by === null ? words.letGo(held) : words.takenAway(ended.by, ended.reason);
}
