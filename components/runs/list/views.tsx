'use client';

import { words } from '../words.ts';
import { isFiltered, type RunParams } from './filters.ts';
import type { useListState } from './use-list-state.ts';

type State = ReturnType<typeof useListState>;

const BUILT_IN: readonly { name: string; params: Partial<RunParams> }[] = [
  { name: words.views.all, params: {} },
  { name: words.views.open, params: { status: ['running', 'paused', 'cancelling'] } },
  { name: words.views.failed, params: { status: ['failed'] } },
  { name: words.views.day, params: { created: '24h' } },
];

const textOf = (params: Partial<RunParams>): string =>
  JSON.stringify(
    Object.entries(params)
      .filter(([, value]) => value !== null && value !== undefined)
      .sort(),
  );

/** Lists that are looked at again and again. */
export function Views({ state }: { state: State }) {
  const now = textOf(state.params);
  return (
    <nav aria-label={words.views.label} className="mb-3 flex flex-wrap items-center gap-1 print:hidden">
      {BUILT_IN.map(({ name, params }) => (
        <ViewButton
          key={name}
          name={name}
          isOn={textOf(params) === now && (isFiltered(state.params) || name === words.views.all)}
          onShow={() => state.show(params)}
        />
      ))}
    </nav>
  );
}

export function ViewButton({ name, isOn, onShow }: { name: string; isOn: boolean; onShow(): void }) {
  return (
    <button
      type="button"
      aria-current={isOn ? 'true' : undefined}
      onClick={onShow}
      className="h-7 max-w-48 truncate rounded-md px-2.5 text-sm text-quiet hover:bg-hover hover:text-text aria-[current]:bg-card aria-[current]:font-medium aria-[current]:text-text aria-[current]:shadow-[inset_0_0_0_1px_var(--line)]"
    >
      {name}
    </button>
  );
}
