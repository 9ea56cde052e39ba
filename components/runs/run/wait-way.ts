import { runWords } from './run-words.ts';
import type { Stage } from './use-run.ts';

export type Waiting = Stage & { waiting: NonNullable<Stage['waiting']> };

/** Where somebody can do something about it: at the agent that keeps it, at those that could take it, or at a new one. */
export function wayOf(
  { type, waiting }: Pick<Waiting, 'type' | 'waiting'>,
  mayEnrol: boolean,
): { href: string; label: string } | null {
  const { code, blockers, blocker_ids } = waiting;
  const ofType = `/agents?view=table&q=${encodeURIComponent(type)}`;
  if (code === 'unanswered' && blocker_ids[0] !== undefined)
    return { href: `/agents/${blocker_ids[0]}`, label: runWords.seeAgent(blockers[0] ?? '') };
  if (code === 'agents-full') return { href: ofType, label: runWords.seeAgents };
  if (code !== 'no-agent') return null;
  const isUnknown = blockers.length === 0 || blockers.includes(type);
  if (!isUnknown || !mayEnrol) return { href: ofType, label: runWords.seeAgents };
  return { href: `/agents?enrol=true&capability=${encodeURIComponent(type)}`, label: runWords.enrol };
}
