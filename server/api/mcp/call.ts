import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';

/** What everything that is asked through `/mcp` works with. */
export interface McpCall {
  services: Services;
  actor: Actor;
  requestId: string;
  /** The caller has gone, or may no longer what it might when it came. */
  signal: AbortSignal;
  onTrouble(message: string, error: unknown): void;
}
