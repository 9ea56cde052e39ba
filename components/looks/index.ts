export { lookOfAgent } from './agents.ts';
export { lookOfRun, lookOfTask } from './runs.ts';
export {
  CONNECTION_STATES,
  lookOfCall,
  lookOfConnection,
  lookOfDelivery,
  lookOfPart,
  lookOfTool,
} from './system.ts';
