'use client';

import type { ApiError } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { words } from './words.ts';

/** What the server has judged it will judge the same again. */
const PASSING: readonly string[] = ['OFFLINE', 'UNAVAILABLE', 'INTERNAL', 'LIMITED'];

/** A question that may have gone wrong. */
export interface Asked {
  error: ApiError | null;
  isFetching: boolean;
  refetch(): unknown;
}

/** What could not be had, why, and another try; nothing while all is well. Of several, what the first one says. */
export function Broken({ of }: { of: Asked | readonly Asked[] }) {
  const broken = [of].flat().filter(({ error }) => error !== null);
  const [first] = broken;
  if (!first?.error) return null;
  return (
    <Notice
      message={first.error.message}
      advice={first.error.advice}
      action={
        PASSING.includes(first.error.code) ? (
          <Button
            size="sm"
            busy={broken.some(({ isFetching }) => isFetching)}
            onClick={() => {
              for (const { refetch } of broken) void refetch();
            }}
          >
            {words.tryAgain}
          </Button>
        ) : undefined
      }
    />
  );
}
