import type { ClientCapabilities } from '@modelcontextprotocol/client';
import type { LogEar, Progress, Resumed } from '#server/domain/mcp.ts';
import type { Hear } from '../questions/asking.ts';

/** How something is asked of a server on behalf of a caller. */
export interface CallOptions {
  signal: AbortSignal;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** What the server asks before it answers. */
  hear: Hear;
  /** What its caller can be asked: a server of the new generation is told with each call. */
  capabilities: ClientCapabilities;
  log?: LogEar | undefined;
  /** Goes on with a call that was asked something before. */
  resumed?: Resumed | undefined;
}
