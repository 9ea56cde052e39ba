import type { z } from 'zod';
import type { BuiltinAgent } from '../agent.ts';
import type { SharedFilesOf } from '../workspace/shared.ts';
import { basicConfigSchemas, createBasicAgents } from './basics.ts';
import { collaboratorConfigSchemas, createCollaborators } from './collaborators.ts';
import { createDataAgents } from './data/agents.ts';
import { type DataPoolOptions, defaultPoolOptions } from './data/pool/options.ts';
import { createDataPool } from './data/pool/pool.ts';
import { configSchemas } from './data/schemas.ts';
import { dataShapes, type Shapes } from './data/shapes.ts';
import { type CallMcpTool, createMcpToolAgent, mcpToolConfigSchema, mcpToolShapes } from './mcp-tool.ts';

/** The config of each built-in capability, for checks at the door and for an editor's forms. */
export const builtinConfigSchemas: Readonly<Record<string, z.ZodType>> = {
  ...basicConfigSchemas,
  ...collaboratorConfigSchemas,
  ...configSchemas,
  'mcp-tool': mcpToolConfigSchema,
};

/** What stages that ask for a built-in capability are given and give, where more is known than that it is JSON. */
export const builtinShapes: Readonly<Record<string, Partial<Shapes>>> = {
  ...dataShapes,
  'mcp-tool': mcpToolShapes,
};

export interface BuiltinOptions {
  /** Anything left out has the default of `defaultPoolOptions`. */
  data?: Partial<DataPoolOptions>;
  /** Tasks that each of echo, sleep and fail takes at once. */
  basicConcurrency?: number;
  /** Left out, nobody calls tools of MCP servers. */
  callMcpTool?: CallMcpTool;
  /** Left out: there are no agents that share files. */
  sharedFilesOf?: SharedFilesOf;
  /** The clock, in milliseconds since 1970. */
  now?: () => number;
}

export interface Builtins {
  agents: BuiltinAgent[];
  /** Ends the data agents' processes and removes their scratch folders. */
  stop(): Promise<void>;
}

/** Starts the data agents' processes at once, unless told otherwise, so that the first task finds them warm. */
export function createBuiltinAgents(options: BuiltinOptions = {}): Builtins {
  const pool = createDataPool({ ...defaultPoolOptions(), ...options.data });
  return {
    agents: [
      ...createBasicAgents(options.basicConcurrency ?? 1_000),
      ...(options.sharedFilesOf ? createCollaborators(options.sharedFilesOf, 100) : []),
      ...createDataAgents({ pool, now: options.now ?? Date.now }),
      ...(options.callMcpTool ? [createMcpToolAgent(options.callMcpTool)] : []),
    ],
    stop: () => pool.stop(),
  };
}
