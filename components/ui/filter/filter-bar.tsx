'use client';

import { ListFilter, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../button.tsx';
import { keepFocus } from '../keep-focus.ts';
import { Menu, MenuItem } from '../menu.tsx';
import { Popover } from '../popover.tsx';
import { useZone } from '../zone.ts';
import { FilterEditor } from './filter-editor.tsx';
import { saySpan } from './span.ts';
import { type FilterDef, type FilterValue, type FilterValues, isSet } from './types.ts';
import { useSayRange } from './use-say-range.ts';
import { words } from './words.ts';

interface BarProps {
  filters: readonly FilterDef[];
  values: FilterValues;
  onChange(key: string, value: FilterValue | null): void;
  /** All of them at once. */
  onClear(): void;
  /** Stands at the end of the bar. */
  children?: ReactNode;
}

/** What a list is narrowed by: a chip for each filter that is on, and a menu of the others. Who calls it keeps the values. */
export function FilterBar({ filters, values, onChange, onClear, children }: BarProps) {
  // One that was just added has a chip before it has a value.
  const [openKey, setOpenKey] = useState<string>();
  const shown = filters.filter(({ key }) => isSet(values[key]) || key === openKey);
  const others = filters.filter((filter) => !shown.includes(filter));
  return (
    // biome-ignore lint/a11y/useSemanticElements: nothing is sent by it
    <div role="group" aria-label={words.filters} className="flex flex-wrap items-center gap-2 print:hidden">
      {shown.map((def) => (
        <FilterChip
          key={def.key}
          def={def}
          value={values[def.key]}
          isOpen={openKey === def.key}
          onOpenChange={(isOpen) => setOpenKey(isOpen ? def.key : undefined)}
          onChange={(value) => onChange(def.key, isSet(value) ? value : null)}
        />
      ))}
      {others.length === 0 ? null : (
        <Menu
          trigger={
            <Button size="sm" look="quiet" icon={ListFilter}>
              {words.filter}
            </Button>
          }
        >
          {others.map(({ key, label, icon }) => (
            <MenuItem key={key} label={label} {...(icon ? { icon } : {})} onSelect={() => setOpenKey(key)} />
          ))}
        </Menu>
      )}
      {filters.some(({ key }) => isSet(values[key])) ? (
        <Button
          size="sm"
          look="quiet"
          onClick={() => {
            keepFocus();
            onClear();
          }}
        >
          {words.clear}
        </Button>
      ) : null}
      {children ? <div className="ml-auto flex items-center gap-2">{children}</div> : null}
    </div>
  );
}

function FilterChip({
  def,
  value,
  isOpen,
  onOpenChange,
  onChange,
}: {
  def: FilterDef;
  value: FilterValue | null | undefined;
  isOpen: boolean;
  onOpenChange(isOpen: boolean): void;
  onChange(value: FilterValue | null): void;
}) {
  const said = useSayValue()(def, value);
  const Icon = def.icon;
  return (
    <span className="inline-flex h-7 pointer-coarse:h-10 max-w-full items-center rounded-md border border-control bg-card text-sm">
      <Popover
        title={def.label}
        open={isOpen}
        onOpenChange={onOpenChange}
        trigger={
          <button
            type="button"
            className="flex h-full min-w-0 items-center gap-1.5 rounded-l-md px-2 hover:bg-hover focus-visible:-outline-offset-2"
          >
            {Icon ? <Icon aria-hidden size={14} className="shrink-0 text-quiet" /> : null}
            <span className="shrink-0 text-quiet">{def.label}</span>
            <span className="min-w-0 max-w-64 truncate font-medium">{said}</span>
          </button>
        }
      >
        <FilterEditor def={def} value={value} onChange={onChange} onDone={() => onOpenChange(false)} />
      </Popover>
      <button
        type="button"
        aria-label={words.remove(def.label)}
        onClick={() => {
          keepFocus();
          onOpenChange(false);
          onChange(null);
        }}
        className="flex h-full w-6 pointer-coarse:w-9 shrink-0 items-center justify-center rounded-r-md border-l border-line text-quiet hover:bg-hover hover:text-text focus-visible:-outline-offset-2"
      >
        <X aria-hidden size={13} />
      </button>
    </span>
  );
}

function useSayValue() {
  const sayRange = useSayRange(useZone());
  return (def: FilterDef, value: FilterValue | null | undefined): string => {
    if (!isSet(value)) return '…';
    const list = typeof value === 'string' ? [value] : value;
    switch (def.kind) {
      case 'choice':
      case 'multi':
        return list
          .map((each) => def.choices.find((choice) => choice.value === each)?.label ?? each)
          .join(', ');
      case 'text':
        return list.join(', ');
      case 'time':
        return sayRange(list[0] ?? '');
      case 'duration':
        return saySpan(list[0] ?? '');
    }
  };
}
