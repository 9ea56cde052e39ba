export { lookOfAgent } from './agents.ts';
export { lookOfRun, lookOfTask } from './runs.ts';
