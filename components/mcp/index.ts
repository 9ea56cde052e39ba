export { ConnectionPage } from './connection-page.tsx';
export { McpPage } from './mcp-page.tsx';
