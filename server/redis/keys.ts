/**
 * Every key and channel name in Redis. Keys that one script touches together share a {hash tag}, so that a Cluster
 * keeps them in one slot; all others have none, so that they spread.
 */
const PREFIX = 'sb:';

export const KEY = {
  /** Progress of a run: a capped stream. */
  runProgress: (runId: string) => `${PREFIX}run:${runId}:progress`,
  /** The newest runs of a user: a capped list. */
  userRuns: (userId: string) => `${PREFIX}user:${userId}:runs`,
  counter: (name: string) => `${PREFIX}count:${name}`,
  /** What a caller has asked of late: a bucket. */
  rate: (name: string, subject: string) => `${PREFIX}rate:${name}:${subject}`,
  /** How much of a quota is used. */
  quota: (name: string, subject: string) => `${PREFIX}quota:${name}:${subject}`,
  /** What a file of a workspace holds. Its name says what is in it, so it is never out of date. */
  workspaceContent: (orgId: string, hash: string) => `${PREFIX}workspace:${orgId}:${hash}`,
  /** How often calls of an upstream server have failed of late, in all processes. */
  mcpFaults: (connectionId: string) => `${PREFIX}mcp:${connectionId}:faults`,
  cache: (name: string) => `${PREFIX}cache:${name}`,
  /** Who holds it, and the highest token given. */
  lock: (name: string) => `${PREFIX}lock:{${name}}`,
  lockToken: (name: string) => `${PREFIX}lock:{${name}}:token`,
  /** Ids by the time they expire, and what each last said. */
  presence: (kind: string) => `${PREFIX}presence:{${kind}}`,
  presenceData: (kind: string) => `${PREFIX}presence:{${kind}}:data`,
} as const;

export const CHANNEL = {
  /** Which runs of an org have moved. */
  orgEvents: (orgId: string) => `${PREFIX}events:org:${orgId}`,
  anyOrgEvents: `${PREFIX}events:org:*`,
  /** Something has happened in the workspace of a run. */
  workspace: (runId: string) => `${PREFIX}events:workspace:${runId}`,
  agents: `${PREFIX}events:agents`,
  /** Whose rights have changed or ended: whoever remembers them asks again. */
  access: `${PREFIX}access`,
  /** Whose upstream servers, their tools or the rules about them have changed. */
  mcp: `${PREFIX}mcp`,
  /** Which process calls which upstream server, and which of them rest. */
  mcpPeers: `${PREFIX}mcp:peers`,
  /** What came to another process and belongs to a call that waits in this one; and what is answered. */
  mcpRelay: (processId: string) => `${PREFIX}mcp:relay:${processId}`,
  /** "There is something to do": wakes coordinators early; they also look by themselves. */
  wakeCoordinators: `${PREFIX}wake`,
} as const;
