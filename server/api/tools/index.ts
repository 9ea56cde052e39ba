import { agentTools } from './agents.ts';
import { pipelineTools } from './pipelines.ts';
import { runTools } from './runs.ts';
import { taskTools } from './tasks.ts';
import type { Tool } from './tool.ts';
import { workTools } from './work.ts';
import { workspaceTools } from './workspace.ts';

/**
 * All that a model can do here, in the order in which it is listed. Made from this table: the tools of `/mcp` and
 * `POST /tools/<name>`. One file a noun; a new noun joins here.
 */
export const tools = [
  ...pipelineTools,
  ...runTools,
  ...taskTools,
  ...agentTools,
  ...workTools,
  ...workspaceTools,
] as readonly Tool[];

const BY_NAME: ReadonlyMap<string, Tool> = new Map(tools.map((tool) => [tool.name, tool]));
if (BY_NAME.size < tools.length) throw new Error('two tools have one name');

export const findTool = (name: string): Tool | undefined => BY_NAME.get(name);
