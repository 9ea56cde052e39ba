export { RecentRuns } from './recent-runs.tsx';
export { RunPage } from './run-page.tsx';
