export { BulkPage } from './bulk/bulk-page.tsx';
export { RunsPage } from './list/runs-page.tsx';
export { RecentRuns } from './recent-runs.tsx';
export { RunPage } from './run/run-page.tsx';
