export { lookOfAgent } from './agents.ts';
export { lookOfRun, lookOfTask } from './runs.ts';
export { lookOfDelivery, lookOfPart } from './system.ts';
