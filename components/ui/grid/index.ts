export { ColumnMenu } from './column-menu.tsx';
export { DataGrid } from './data-grid.tsx';
export type { GridColumn, GridHandle, GridSort } from './types.ts';
