export { PipelinesPage } from './pipelines-page.tsx';
