import type { ReactNode } from 'react';

export interface GridColumn<Row> {
  key: string;
  title: string;
  /** A track of CSS grid: `8rem`, `minmax(12rem,1fr)`. */
  width: string;
  align?: 'start' | 'end';
  /** Its head can be clicked to sort by it; the caller does the sorting. */
  sortable?: boolean;
  /** Left out on a phone. */
  wideOnly?: boolean;
  cell(row: Row): ReactNode;
  /** What a click on the cell looks for, said as its hint; where it gives nothing, the cell is no button. */
  filter?(row: Row): { hint: string; apply(): void } | undefined;
}

export interface GridSort {
  key: string;
  order: 'asc' | 'desc';
}

export interface GridSelection {
  keys: ReadonlySet<string>;
  onChange(keys: ReadonlySet<string>): void;
  /** Names a row for those who hear it. */
  labelOf(key: string): string;
}

/** For keys that work on the whole page: they move in the grid wherever the focus is. */
export interface GridHandle {
  move(by: number): void;
  open(): void;
  toggle(withRange?: boolean): void;
  focus(): void;
}
