export { runAgent, startAgent } from './lib/agent.mjs';
export { createClient } from './lib/client.mjs';
export { SignalboxError, TaskFailure } from './lib/errors.mjs';
