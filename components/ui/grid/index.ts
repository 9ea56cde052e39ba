export { ColumnMenu } from './column-menu.tsx';
export { DataGrid } from './data-grid.tsx';
export type { GridColumn, GridHandle, GridPlace, GridSort } from './types.ts';
