import type { JsonObject } from '#server/domain/json.ts';
import type { Askable, LogEar, Progress, Resumed } from '#server/domain/mcp.ts';
import type { GatewayCaller } from '../tenant/caller.ts';
import type { ApprovedTool, Directory } from '../tenant/directory.ts';

export interface CallRequest {
  caller: GatewayCaller;
  directory: Directory;
  tool: ApprovedTool;
  /** The virtual server that it comes through; null: none. */
  serverId: string | null;
  args: JsonObject;
  signal: AbortSignal;
  onProgress?: ((progress: Progress) => void) | undefined;
  askable?: Askable | undefined;
  log?: LogEar | undefined;
  resumed?: Resumed | undefined;
}

export interface CallAnswer {
  /** As the protocol has it: content, structured content, whether it is an error. Marked as what others have written. */
  result: JsonObject;
  isError: boolean;
  /** Of the error that the server answered with, as the protocol numbers them. */
  code: number | null;
  ms: number;
}
