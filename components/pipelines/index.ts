export { PipelinePage } from './page/pipeline-page.tsx';
export { PipelinesPage } from './pipelines-page.tsx';
