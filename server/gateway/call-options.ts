import type { Progress } from '#server/domain/mcp.ts';
import type { Hear } from './asking.ts';

/** How something is asked of a server on behalf of a caller. */
export interface CallOptions {
  signal: AbortSignal;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** What the server asks before it answers. */
  hear: Hear;
}
