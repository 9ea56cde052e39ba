'use client';

import { Star } from 'lucide-react';
import { useAct } from '../shell/use-act.ts';
import { IconButton } from '../ui/button.tsx';
import { words } from './words.ts';

export function StarButton({
  pipeline: { id, name, starred },
}: {
  pipeline: { id: Parameters<ReturnType<typeof useStar>['run']>[0]['id']; name: string; starred: boolean };
}) {
  const star = useStar();
  return (
    <IconButton
      size="sm"
      icon={Star}
      label={starred ? words.unstar(name) : words.star(name)}
      pressed={starred}
      disabled={star.isBusy}
      onClick={() => star.run({ id, starred: !starred })}
    />
  );
}

const useStar = () => useAct('pipelines.star');
