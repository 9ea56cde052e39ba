'use client';

import { Star } from 'lucide-react';
import { useAct } from '../shell/use-act.ts';
import { IconButton } from '../ui/button.tsx';
import type { Pipeline } from './types.ts';
import { words } from './words.ts';

export function StarButton({ pipeline: { id, name, starred } }: { pipeline: Pipeline }) {
  const star = useAct('pipelines.star');
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
