'use client';

import { useQuery } from '@tanstack/react-query';
import { FilePen, Lock, type LucideIcon, MessageSquare, NotebookPen } from 'lucide-react';
import { useState } from 'react';
import type { RunId } from '../../server/domain/ids.ts';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Button } from '../ui/button.tsx';
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
/** Numbers to a window: its beginning stays the same while the workspace goes on, so that what was read is read once. */
const WINDOW = 100;
const AT_FIRST = 2;
/** The most that is answered at once. */
const LIMIT = 500;

/** What happened, newest first; it is asked for anew when the workspace has a newer number. */
export function ActivityFeed({ runId, newest }: { runId: RunId; newest: number }) {
  const last = Math.max(0, Math.ceil(newest / WINDOW) - 1);
  const [lowest, setLowest] = useState<number>();
  const first = Math.max(0, lowest ?? last - AT_FIRST + 1);
  const windows = Array.from({ length: last - first + 1 }, (_, at) => last - at);
  return (
    <Card title={words.feed} flush>
      {newest === 0 ? <p className="px-4 py-3 text-sm text-quiet">{words.noFeed}</p> : null}
      <ol aria-label={words.feed} className="max-h-[28rem] overflow-y-auto">
        {windows.map((each) => (
          <Stretch key={each} runId={runId} after={each * WINDOW} upTo={(each + 1) * WINDOW} />
        ))}
        {first > 0 ? (
          <li className="flex justify-center p-2">
            <Button look="quiet" size="sm" onClick={() => setLowest(Math.max(0, first - AT_FIRST))}>
              {words.earlier}
            </Button>
          </li>
        ) : null}
      </ol>
    </Card>
  );
}

interface StretchProps {
  runId: RunId;
  after: number;
  upTo: number;
}

/** One number can have many entries, so a stretch may take several answers. */
function Stretch({ runId, after, upTo }: StretchProps) {
  const asked = useQuery(query('workspaces.activity', { id: runId, after, limit: LIMIT }));
  const { data, error } = asked;
  if (!data) return <li>{error ? <Broken of={asked} /> : <Skeleton label={words.loading} rows={4} />}</li>;
  const { activity } = data;
  const reached = activity.at(-1)?.seq ?? upTo;
  const goesOn = activity.length >= LIMIT && reached < upTo;
  return (
    <>
      {goesOn ? <Stretch runId={runId} after={reached} upTo={upTo} /> : null}
      {toLines(activity.filter(({ seq }) => seq <= upTo)).map(({ key, said, type }) => (
        <Line key={key} said={said} type={type} />
      ))}
    </>
  );
}

interface Said {
  who: string;
  what: string;
  at: string;
}

/** Newest first. What a replay began with came at once, and is one line however much it was. */
function toLines(activity: readonly Activity[]): { key: string; said: Said; type: Activity['type'] }[] {
  const carried = activity.filter(({ change }) => change?.kind === 'carried');
  const isOneOfMany = ({ change }: Activity) => carried.length > 1 && change?.kind === 'carried';
  const lines = activity.flatMap((each) => {
    if (isOneOfMany(each) && each !== carried.at(-1)) return [];
    const said = say(each);
    if (!said) return [];
    const what = isOneOfMany(each) ? words.broughtOver(carried.length) : said.what;
    return [{ key: keyOf(each), type: each.type, said: { ...said, what } }];
  });
  return lines.toReversed();
}

/** What was let go together has one number. */
const keyOf = ({ seq, type, change, claim }: Activity): string =>
  `${seq} ${type} ${change?.path ?? claim?.lease_id ?? ''}`;

function Line({ said, type }: { said: Said; type: Activity['type'] }) {
  const Icon = ICONS[type];
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

function say({ change, step, message, claim }: Activity): Said | undefined {
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
