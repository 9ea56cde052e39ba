import type { OrgId } from '#server/domain/ids.ts';
import type { CallDoor } from '#server/domain/mcp.ts';

/** On whose behalf a tool is called, as far as rules, limits and the log ask. */
export interface GatewayCaller {
  orgId: OrgId;
  /** A person or key, or `agent` for a stage of a run. */
  kind: string;
  id: string;
  name: string;
  /** The person that it is or that answers for it, as the database has it. */
  userUuid: string | null;
  role: string | null;
  /** Of whoever made the key that it is. */
  makerRole: string | null;
  door: CallDoor;
  /** Of the run that it works for. */
  run: { runUuid: string; taskIndex: number; pipelineUuid: string | null; agent: string } | null;
}

/** Calls of one person by whichever of their keys count together. */
export const rateSubject = ({ userUuid, kind, id }: GatewayCaller): string =>
  userUuid === null ? `${kind}:${id}` : `user:${userUuid}`;
