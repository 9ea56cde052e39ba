export { LimitsTable } from './limits-table.tsx';
