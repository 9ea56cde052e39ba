'use client';

import type { ReactNode } from 'react';
import { Checkbox } from '../choice.tsx';
import type { GridColumn } from './types.ts';

export const cellPlace = ({ align }: Pick<GridColumn<never>, 'align'>): string =>
  align === 'end' ? 'justify-end text-right tabular-nums not-last:pr-5' : '';

export const CELL = 'flex min-w-0 items-center overflow-hidden px-2 first:pl-4 last:pr-4';

/** Of a list that has the focus: it is seen at the row that the keys are for, and around all of it while there is none. */
export const GRID_FOCUS = 'group/grid -outline-offset-2 aria-[activedescendant]:outline-none';

export interface RowProps<Row> {
  id: string;
  row: Row;
  /** From 1, the head being the first. */
  position: number;
  columns: readonly GridColumn<Row>[];
  isActive: boolean;
  isNew: boolean;
  tick: { checked: boolean; label: string; onTick(withRange: boolean): void } | undefined;
  onOpen: (() => void) | undefined;
  onPoint(): void;
}

export function GridRow<Row>(props: RowProps<Row>) {
  const { row, columns, tick } = props;
  return (
    <RowShell {...props} shape="grid h-full grid-cols-(--grid-tracks)">
      {tick ? <TickCell tick={tick} shape={CELL} /> : null}
      {columns.map((column) => (
        <div key={column.key} role="gridcell" className={`${CELL} ${cellPlace(column)}`}>
          <Cell column={column} row={row} />
        </div>
      ))}
    </RowShell>
  );
}

/** What every row is, whatever its shape: pointed at it is the active one, clicked it opens. */
export function RowShell<Row>(props: RowProps<Row> & { shape: string; children: ReactNode }) {
  const { id, position, isActive, isNew, tick, onOpen, onPoint, shape, children } = props;
  return (
    <div
      role="row"
      id={id}
      aria-rowindex={position}
      aria-selected={tick ? tick.checked : undefined}
      data-active={isActive || undefined}
      data-new={isNew || undefined}
      onClick={(event) => {
        // What a cell has opened over the page, such as a menu, tells its clicks here too.
        if (!event.currentTarget.contains(event.target as Node)) return;
        onPoint();
        // Links, filters and boxes inside act for themselves; and text that was just marked is not a click.
        const isForItself = (event.target as Element).closest('a,button,label,[role=checkbox]') !== null;
        if (!isForItself && window.getSelection()?.isCollapsed !== false) onOpen?.();
      }}
      className={`group/row border-b border-line text-sm hover:bg-hover aria-selected:bg-accent-soft data-active:bg-hover data-active:shadow-[inset_2px_0_0_var(--accent)] data-active:aria-selected:bg-accent-soft group-focus-visible/grid:data-active:shadow-[inset_0_0_0_2px_var(--accent)] data-new:bg-busy-soft ${shape}`}
    >
      {children}
    </div>
  );
}

export function TickCell({
  tick: { checked, label, onTick },
  shape,
}: {
  tick: NonNullable<RowProps<never>['tick']>;
  shape: string;
}) {
  return (
    <div
      role="gridcell"
      className={shape}
      onClickCapture={(event) => {
        event.preventDefault();
        event.stopPropagation();
        onTick(event.shiftKey);
      }}
    >
      <Checkbox label={label} labelHidden skipTab checked={checked} onChange={() => undefined} />
    </div>
  );
}

function Cell<Row>({ column, row }: { column: GridColumn<Row>; row: Row }): ReactNode {
  const filter = column.filter?.(row);
  const content = column.cell(row);
  if (!filter) return <span className="min-w-0 truncate">{content}</span>;
  return (
    <button
      type="button"
      // The bar of filters offers the same to the keyboard; a stop in every cell would make the list endless.
      tabIndex={-1}
      title={filter.hint}
      onClick={filter.apply}
      className="-mx-1 h-6 min-w-0 truncate rounded-sm px-1 text-left hover:bg-card hover:shadow-[inset_0_0_0_1px_var(--control)]"
    >
      {content}
    </button>
  );
}

/** A row that is still to come, as tall as the others. */
export function GridGhost({ columns, at }: { columns: number; at: number }) {
  return (
    <div aria-hidden className="grid h-full grid-cols-(--grid-tracks) items-center border-b border-line">
      {Array.from({ length: columns }, (_, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are alike and never move
        <span key={column} className={CELL}>
          <span
            className="h-3 rounded-sm bg-sunken motion-safe:animate-pulse"
            style={{ inlineSize: `${85 - ((column * 29 + at * 17) % 45)}%` }}
          />
        </span>
      ))}
    </div>
  );
}
