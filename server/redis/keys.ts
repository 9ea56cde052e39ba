/**
 * Every name in Redis: keys, channels, kinds of presence, locks. Keys that one script touches together share a
 * {hash tag}, so that a Cluster keeps them in one slot; all others have none, so that they spread.
 */
const PREFIX = 'sb:';

declare const source: unique symbol;
/** A text that was made in this file: the port takes no other, so that all names stand here. */
type Named<Kind extends string> = string & { readonly [source]: Kind };
export type HotKey = Named<'key'>;
export type HotChannel = Named<'channel'>;
export type PresenceKind = Named<'presence'>;
export type LockName = Named<'lock'>;

const key = (name: string) => `${PREFIX}${name}` as HotKey;
const channel = (name: string) => `${PREFIX}${name}` as HotChannel;

export const KEY = {
  /** Progress of a run: a capped stream. */
  runProgress: (runId: string) => key(`run:${runId}:progress`),
  /** What a caller has asked of late: a bucket. */
  rate: (name: string, subject: string) => key(`rate:${name}:${subject}`),
  /** How much of a quota is used. */
  quota: (name: string, subject: string) => key(`quota:${name}:${subject}`),
  /** What a file of a workspace holds. Its name says what is in it, so it is never out of date. */
  workspaceContent: (orgId: string, hash: string) => key(`workspace:${orgId}:${hash}`),
  /** How often calls of an upstream server have failed of late, in all processes. */
  mcpFaults: (connectionId: string) => key(`mcp:${connectionId}:faults`),
  /** Holds nothing: whether hot state answers is seen by asking for it. */
  nothing: key('health'),
  /** Who holds it, and the highest token given. */
  lock: (name: LockName) => key(`lock:{${name}}`),
  lockToken: (name: LockName) => key(`lock:{${name}}:token`),
  /** Ids by the time they expire, and what each last said. */
  presence: (kind: PresenceKind) => key(`presence:{${kind}}`),
  presenceData: (kind: PresenceKind) => key(`presence:{${kind}}:data`),
} as const;

export const CHANNEL = {
  /** Which runs of an org have moved. */
  orgEvents: (orgId: string) => channel(`events:org:${orgId}`),
  anyOrgEvents: channel('events:org:*'),
  /** Something has happened in the workspace of a run. */
  workspace: (runId: string) => channel(`events:workspace:${runId}`),
  agents: channel('events:agents'),
  /** Whose rights have changed or ended: whoever remembers them asks again. */
  access: channel('access'),
  /** Whose upstream servers, their tools or the rules about them have changed. */
  mcp: channel('mcp'),
  /** Which process calls which upstream server, and which of them rest. */
  mcpPeers: channel('mcp:peers'),
  /** What came to another process and belongs to a call that waits in this one; and what is answered. */
  mcpRelay: (processId: string) => channel(`mcp:relay:${processId}`),
  /** "There is something to do": wakes coordinators early; they also look by themselves. */
  wakeCoordinators: channel('wake'),
} as const;

/** Who is there, by what is listed together. */
export const PRESENCE = {
  agents: 'agent' as PresenceKind,
  /** The processes of the installation, each with how it does. */
  processes: 'conditions' as PresenceKind,
  /** The processes that call an upstream server. */
  mcpCallers: (connectionId: string) => `mcp-${connectionId}` as PresenceKind,
} as const;

/** What one process does for all. */
export const LOCK = {
  /** Writing how agents are. */
  agentHealth: 'agent-health' as LockName,
  /** Trying an agent that was taken out, after each time that it was. */
  agentProbe: (agentId: string, trips: number) => `probe:${agentId}:${trips}` as LockName,
} as const;
