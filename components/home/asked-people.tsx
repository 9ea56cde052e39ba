'use client';

import { useQuery } from '@tanstack/react-query';
import { MessageCircleQuestion } from 'lucide-react';
import { query } from '../data/index.ts';
import { useMay } from '../shell/use-may.ts';
import { Link } from '../ui/link.tsx';
import { words } from './words.ts';

const REFRESH_MS = 15_000;
const MOST = 50;

/** How many calls go on when somebody has answered; none for those who may not. */
export function useAsked(): number {
  const mayDecide = useMay()('mcp.decide');
  const filter = { state: 'asked' as const, limit: MOST };
  const options = { enabled: mayDecide, refetchInterval: REFRESH_MS };
  const approvals = useQuery({ ...query('mcpApprovals.list', filter), ...options }).data?.approvals ?? [];
  const questions = useQuery({ ...query('mcpQuestions.list', filter), ...options }).data?.questions ?? [];
  return approvals.length + questions.length;
}

/** Nothing while nobody is asked. */
export function AskedPeople({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <Link
      href="/connections?tab=approvals"
      className="flex items-center gap-3 rounded-lg border border-line bg-warn-soft px-4 py-3 hover:border-control"
    >
      <MessageCircleQuestion aria-hidden size={16} className="shrink-0 text-warn" />
      <span className="min-w-0 grow">
        <span className="font-medium">{words.asked.title(count, count >= MOST)}</span>{' '}
        <span className="text-quiet">{words.asked.note}</span>
      </span>
      <span className="shrink-0 text-sm text-accent">{words.asked.go}</span>
    </Link>
  );
}
