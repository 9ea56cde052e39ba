export { AgentPage } from './agent-page.tsx';
export { AgentsPage } from './agents-page.tsx';
