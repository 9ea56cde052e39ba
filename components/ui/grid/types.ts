import type { ReactNode, Ref } from 'react';
import type { CardColumn } from '../row-card.tsx';

export interface GridColumn<Row> extends CardColumn<Row> {
  /** A track of CSS grid: `8rem`, `minmax(12rem,1fr)`. */
  width: string;
  align?: 'start' | 'end';
  /** Its head can be clicked to sort by it; the caller does the sorting. */
  sortable?: boolean;
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

/** Where in the list the keyboard is, for whoever keeps that beyond the page. */
export interface GridPlace {
  /** The row to begin with, as soon as it is there. */
  begin: string | undefined;
  onMove(key: string): void;
}

export interface DataGridProps<Row> {
  label: string;
  columns: readonly GridColumn<Row>[];
  /** Undefined while the first page is loading. */
  rows: readonly Row[] | undefined;
  keyOf(row: Row): string;
  onOpen?(row: Row): void;
  selection?: GridSelection;
  place?: GridPlace;
  sort?: GridSort | undefined;
  onSort?(sort: GridSort): void;
  /** There is more behind the last row; `onEnd` is called when that comes near. */
  hasMore?: boolean;
  onEnd?(): void;
  /** Rows to point out, such as those that have just come. */
  newKeys?: ReadonlySet<string>;
  /** Stands where rows would, when there are none. */
  empty?: ReactNode;
  /** Its head is only said aloud: the same list goes on under another title. */
  headHidden?: boolean;
  rowPx?: number;
  /** As high as it needs, up to what its column has left; otherwise up to most of the window. */
  fill?: boolean;
  ref?: Ref<GridHandle>;
}
