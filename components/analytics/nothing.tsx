import type { LucideIcon } from 'lucide-react';
import { Button, LinkButton } from '../ui/button.tsx';
import { Empty } from '../ui/feedback.tsx';
import { Card } from '../ui/surface.tsx';
import type { ScopeState } from './use-scope.ts';
import { words } from './words.ts';

interface NothingProps {
  icon: LucideIcon;
  title: string;
  note: string;
  state: ScopeState;
}

/** Nothing to count: the way out is fewer filters, a longer time, or a run. */
export function Nothing({ icon, title, note, state }: NothingProps) {
  return (
    <Card flush>
      <Empty icon={icon} title={title} action={<WaysOn state={state} />}>
        {note}
      </Empty>
    </Card>
  );
}

const LONGEST = '30d';
const UNNARROWED = { pipeline: null, version: null, agent: null, tag: null } as const;

export function WaysOn({ state: { params, set } }: Pick<NothingProps, 'state'>) {
  if (Object.keys(UNNARROWED).some((key) => params[key as keyof typeof UNNARROWED] !== null))
    return <Button onClick={() => set(UNNARROWED)}>{words.nothing.clear}</Button>;
  return (
    <div className="flex flex-wrap justify-center gap-2">
      {params.range === LONGEST ? null : (
        <Button onClick={() => set({ range: LONGEST })}>{words.nothing.longer}</Button>
      )}
      <LinkButton href="/pipelines">{words.nothing.run}</LinkButton>
    </div>
  );
}
