import { pipelineTools } from './pipelines.ts';
import type { Tool } from './tool.ts';

/**
 * All that a model can do here, in the order in which it is listed. Made from this table: the tools of `/mcp` and
 * `POST /tools/<name>`. One file a noun; a new noun joins here.
 */
export const tools: readonly Tool[] = [...pipelineTools] as readonly Tool[];

const BY_NAME: ReadonlyMap<string, Tool> = new Map(tools.map((tool) => [tool.name, tool]));
if (BY_NAME.size < tools.length) throw new Error('two tools have one name');

export const findTool = (name: string): Tool | undefined => BY_NAME.get(name);
