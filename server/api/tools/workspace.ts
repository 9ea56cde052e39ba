import { claimTools } from './claims.ts';
import { collaborationTools } from './collaboration.ts';
import { fileTools } from './files.ts';

/** Working with others on one task's files. */
export const workspaceTools = [...fileTools, ...claimTools, ...collaborationTools] as const;
