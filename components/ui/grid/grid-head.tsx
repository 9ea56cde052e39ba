'use client';

import { ArrowDown, ArrowUp } from 'lucide-react';
import { Checkbox } from '../choice.tsx';
import { CELL, cellPlace } from './grid-row.tsx';
import type { GridColumn, GridSelection, GridSort } from './types.ts';
import { words } from './words.ts';

interface HeadProps<Row> {
  columns: readonly GridColumn<Row>[];
  keys: readonly string[];
  selection: GridSelection | undefined;
  sort: GridSort | undefined;
  onSort: ((sort: GridSort) => void) | undefined;
}

export function GridHead<Row>({ columns, keys, selection, sort, onSort }: HeadProps<Row>) {
  return (
    <div role="rowgroup" className="sticky top-0 z-10 min-w-fit bg-card">
      <div
        role="row"
        aria-rowindex={1}
        className="grid h-8 pointer-coarse:h-10 grid-cols-(--grid-tracks) border-b border-line text-xs font-medium text-quiet"
      >
        {selection ? (
          <div role="columnheader" className={CELL}>
            <TickAll keys={keys} selection={selection} />
          </div>
        ) : null}
        {columns.map((column) => (
          <div
            key={column.key}
            role="columnheader"
            aria-sort={sort?.key === column.key ? ARIA[sort.order] : undefined}
            className={`${CELL} ${cellPlace(column)}`}
          >
            {column.sortable && onSort ? (
              <SortButton column={column} sort={sort} onSort={onSort} />
            ) : (
              <span className="truncate">{column.title}</span>
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

/** Where rows are cards: what of the head can be used, in a line over them. */
export function GridTools<Row>({ columns, keys, selection, sort, onSort }: HeadProps<Row>) {
  const sortable = onSort ? columns.filter((column) => column.sortable) : [];
  if (sortable.length === 0 && !selection) return null;
  return (
    <div role="rowgroup">
      <div
        role="row"
        aria-rowindex={1}
        className="flex h-11 items-center gap-4 border-b border-line px-4 text-xs font-medium text-quiet"
      >
        {selection ? (
          <div role="columnheader">
            <TickAll keys={keys} selection={selection} />
          </div>
        ) : null}
        {sortable.map((column) => (
          <div
            key={column.key}
            role="columnheader"
            aria-sort={sort?.key === column.key ? ARIA[sort.order] : undefined}
          >
            {onSort ? <SortButton column={column} sort={sort} onSort={onSort} /> : null}
          </div>
        ))}
      </div>
    </div>
  );
}

const ARIA = { asc: 'ascending', desc: 'descending' } as const;

function SortButton<Row>({
  column: { key, title, align },
  sort,
  onSort,
}: {
  column: GridColumn<Row>;
  sort: GridSort | undefined;
  onSort(sort: GridSort): void;
}) {
  const isOn = sort?.key === key;
  const Arrow = isOn && sort.order === 'asc' ? ArrowUp : ArrowDown;
  return (
    <button
      type="button"
      onClick={() => onSort({ key, order: isOn && sort.order === 'desc' ? 'asc' : 'desc' })}
      // The arrow, and the room for it, stands on the side away from the edge that the column is set to.
      className={`group/sort -mx-1 flex h-6 pointer-coarse:h-9 min-w-0 items-center gap-1 rounded-sm px-1 hover:bg-hover hover:text-text focus-visible:-outline-offset-2 ${
        align === 'end' ? 'md:flex-row-reverse' : ''
      }`}
    >
      <span className="truncate">{title}</span>
      <Arrow
        aria-hidden
        size={12}
        className={
          isOn ? 'text-text' : 'opacity-0 group-hover/sort:opacity-60 group-focus-visible/sort:opacity-60'
        }
      />
    </button>
  );
}

function TickAll({ keys, selection }: { keys: readonly string[]; selection: GridSelection }) {
  const ticked = keys.filter((key) => selection.keys.has(key)).length;
  const isAll = ticked > 0 && ticked === keys.length;
  return (
    <Checkbox
      label={isAll ? words.selectNone : words.selectAll(keys.length)}
      labelHidden
      checked={isAll}
      some={ticked > 0 && !isAll}
      onChange={() => selection.onChange(new Set(isAll ? [] : keys))}
    />
  );
}
