'use client';

import { TimeRangePicker } from '../ui/filter/index.ts';
import type { ScopeState } from './use-scope.ts';
import { words } from './words.ts';

export function RangeAndZone({ state: { params, zone, set } }: { state: ScopeState }) {
  return (
    <TimeRangePicker
      {...{ label: words.range, value: params.range, zone }}
      onChange={(range) => set({ range })}
      onZone={(next) => set({ zone: next })}
    />
  );
}
