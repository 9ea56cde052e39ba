export { PipelineRuns } from './list/pipeline-runs.tsx';
