export { AskedOfRun } from './approvals.tsx';
