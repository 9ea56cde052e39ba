export { BulkPage } from './bulk/bulk-page.tsx';
export { ComparePage } from './compare/compare-page.tsx';
export { PipelineRuns } from './list/pipeline-runs.tsx';
export { RunsPage } from './list/runs-page.tsx';
export { RunPage } from './run/run-page.tsx';
