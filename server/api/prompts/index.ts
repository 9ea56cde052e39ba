import { agentPrompts } from './agents.ts';
import type { Prompt } from './prompt.ts';
import { runPrompts } from './runs.ts';

/** Prompts for common work. One file a noun; a new noun joins here. */
export const prompts: readonly Prompt[] = [...runPrompts, ...agentPrompts];
