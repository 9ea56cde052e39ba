export { WorkspaceTab } from './workspace-tab.tsx';
