'use client';

import { parseAsString, useQueryStates } from 'nuqs';
import { useState } from 'react';
import { useClock } from '../ui/clock.ts';
import type { FilterDef } from '../ui/filter/index.ts';
import { readTimeRange } from '../ui/filter/index.ts';
import { choose, chosenBy } from './range-since.ts';
import { words } from './words.ts';

export const FILTERS: readonly FilterDef[] = [
  {
    key: 'action',
    label: words.filters.action,
    kind: 'text',
    mono: true,
    placeholder: words.filters.actionExample,
  },
  {
    key: 'target',
    label: words.filters.target,
    kind: 'text',
    mono: true,
    placeholder: words.filters.targetExample,
  },
  {
    key: 'actor',
    label: words.filters.actor,
    kind: 'text',
    mono: true,
    placeholder: words.filters.actorExample,
  },
  { key: 'at', label: words.filters.at, kind: 'time' },
];

const PARSERS = {
  action: parseAsString,
  target: parseAsString,
  actor: parseAsString,
  at: parseAsString,
};

/** What the log is narrowed by, kept in the address, and as the API takes it. */
export function useAuditFilters() {
  const [values, setValues] = useQueryStates(PARSERS);
  const readTime = useClock();
  const [before, setChosen] = useState(() => choose(values.at, readTime()));
  const chosen = chosenBy(before, values.at, readTime);
  if (chosen !== before) setChosen(chosen);
  const range = values.at === null ? undefined : readTimeRange(values.at, chosen.now);
  return {
    values,
    isNarrowed: Object.values(values).some((value) => value !== null),
    set(change: Partial<Record<keyof typeof PARSERS, string | null>>) {
      // The same range again is meant from now on.
      if (change.at !== undefined) setChosen(choose(change.at, readTime()));
      void setValues(change);
    },
    clear: () => void setValues(null),
    input: {
      ...(values.action === null ? {} : { action: values.action }),
      ...(values.target === null ? {} : { target: values.target }),
      ...(values.actor === null ? {} : { actor_id: values.actor }),
      ...(range?.from ? { from: range.from.toISOString() } : {}),
      ...(range?.to ? { until: range.to.toISOString() } : {}),
    },
  };
}
