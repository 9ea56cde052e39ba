export { lookOfAgent } from './agents.ts';
export { jsonText } from './json-text.ts';
export { lookOfQueue, QUEUE_STATES, type QueueState } from './queues.ts';
export { lookOfAttempt, lookOfRun, lookOfTask, saySkipped } from './runs.ts';
export {
  CONNECTION_STATES,
  lookOfCall,
  lookOfCondition,
  lookOfConnection,
  lookOfDelivery,
  lookOfPart,
  lookOfTool,
  stateOfConnection,
} from './system.ts';
