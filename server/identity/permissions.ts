import { ROLES, type Role, SCOPES, type Scope } from '#server/domain/rights.ts';

export { ROLES, type Role, SCOPES, type Scope };

export interface Permission {
  readonly roles: readonly Role[];
  /** What a key with scopes needs; null: no scope gives it, so no such key has it. */
  readonly scope: Scope | null;
  /** With a grant on the pipeline these roles have it too. */
  readonly granted?: readonly Role[];
  /** An agent's token gives it, for that agent. */
  readonly agent?: true;
  /** Concerns the whole installation: only the organisation that was there first has it. */
  readonly home?: true;
  /** Only people in person: what a machine could make here would outlive its own key. */
  readonly inPerson?: true;
}

const EVERYBODY = ROLES;
const ALL_BUT_AUDITORS = ['owner', 'admin', 'designer', 'operator', 'viewer'] as const;
const WORKERS = ['owner', 'admin', 'designer', 'operator'] as const;
const DESIGNERS = ['owner', 'admin', 'designer'] as const;
const OPERATORS = ['owner', 'admin', 'operator'] as const;
const ADMINS = ['owner', 'admin'] as const;
/** Whom a grant makes the designers of one pipeline. */
const GRANTEES = ['viewer', 'operator'] as const;
const SUPERVISORS = ['owner', 'admin', 'auditor'] as const;

/** Who may do what: the one table. What is not in it nobody may do. */
export const PERMISSIONS = {
  'pipeline.read': { roles: EVERYBODY, scope: 'pipelines:read' },
  'pipeline.create': { roles: DESIGNERS, scope: 'pipelines:write' },
  'pipeline.edit': { roles: DESIGNERS, scope: 'pipelines:write', granted: GRANTEES },
  'pipeline.publish': { roles: DESIGNERS, scope: 'pipelines:publish', granted: GRANTEES },
  'template.read': { roles: EVERYBODY, scope: 'pipelines:read' },
  /** That it is, how far it has come, what state each task is in. */
  'run.read': { roles: EVERYBODY, scope: 'runs:read' },
  'run.logs': { roles: ALL_BUT_AUDITORS, scope: 'runs:read' },
  /** What went in and came out, and what errors say of it. */
  'run.payload': { roles: ALL_BUT_AUDITORS, scope: 'payload:read' },
  /**
   * What of it is marked sensitive: to ask for it, which the audit tells of. Who may design every pipeline sees it for
   * those that were entrusted to them.
   */
  'run.sensitive': { roles: ADMINS, scope: 'payload:read', granted: ['designer'] },
  'run.operate': { roles: WORKERS, scope: 'runs:write', granted: GRANTEES },
  /** The files that a run's agents share, and what they say to each other: what the run works on. */
  'workspace.read': { roles: ALL_BUT_AUDITORS, scope: 'payload:read', agent: true },
  'workspace.write': { roles: WORKERS, scope: 'runs:write', granted: GRANTEES, agent: true },
  /** To take a claim from whoever holds it. */
  'workspace.force': { roles: OPERATORS, scope: 'ops:write' },
  /** To show a view of a list to everybody; to change or remove what somebody else shows. */
  'view.share': { roles: EVERYBODY, scope: null },
  'view.manage': { roles: ADMINS, scope: null },
  'agent.read': { roles: EVERYBODY, scope: 'ops:read' },
  'agent.operate': { roles: OPERATORS, scope: 'ops:write' },
  'agent.register': { roles: ADMINS, scope: null, agent: true },
  /** Claim, beat and report. */
  'agent.visit': { roles: ADMINS, scope: null, agent: true },
  /** Read the payloads of a task that it holds. */
  'agent.fetch': { roles: [], scope: null, agent: true },
  // Of queues and dead letters everybody is shown those of their own organisation.
  'queue.read': { roles: EVERYBODY, scope: 'ops:read' },
  /** Dead messages are shown with what is in them. */
  'queue.inspect': { roles: OPERATORS, scope: 'ops:write' },
  'queue.operate': { roles: OPERATORS, scope: 'ops:write' },
  /** How the server does and what it is set to. */
  'system.read': { roles: EVERYBODY, scope: 'ops:read' },
  'metrics.read': { roles: OPERATORS, scope: 'ops:read', home: true },
  'member.read': { roles: SUPERVISORS, scope: null },
  'member.manage': { roles: ADMINS, scope: null, inPerson: true },
  /** To make, change or remove an owner. */
  'owner.manage': { roles: ['owner'], scope: null, inPerson: true },
  /** To make organisations and see which there are: those who own the one that was there first. */
  'org.create': { roles: ['owner'], scope: null, home: true, inPerson: true },
  /** To rename the own one, or close it. */
  'org.manage': { roles: ['owner'], scope: null, inPerson: true },
  'key.read': { roles: SUPERVISORS, scope: null },
  'key.manage': { roles: ADMINS, scope: null, inPerson: true },
  'audit.read': { roles: SUPERVISORS, scope: 'audit:read' },
  /** Who is told of what, and what came of it. */
  'notification.read': { roles: OPERATORS, scope: 'ops:read' },
  'notification.manage': { roles: ADMINS, scope: null },
  /** To store one or remove it. Nobody reads one. */
  'secret.manage': { roles: ADMINS, scope: null },
  /** Which MCP servers are connected and which of their tools there are. */
  'mcp.read': { roles: EVERYBODY, scope: 'mcp:read' },
  'mcp.call': { roles: WORKERS, scope: 'mcp:call' },
  /** To connect a server for oneself alone. */
  'mcp.connect': { roles: WORKERS, scope: null },
  /** To connect servers for everybody, approve their tools, and rule who may call them. */
  'mcp.manage': { roles: ADMINS, scope: null },
  /** To have a program started on this machine. */
  'mcp.program': { roles: ADMINS, scope: null, home: true, inPerson: true },
  /** To grant a call that a rule asks people about, and to answer what a server asks before a call of a stage goes on. */
  'mcp.decide': { roles: OPERATORS, scope: null },
  /** Who called what. */
  'mcp.log': { roles: OPERATORS, scope: 'ops:read' },
} as const satisfies Record<string, Permission>;

export type Action = keyof typeof PERMISSIONS;

export const ACTIONS = Object.keys(PERMISSIONS) as Action[];

/** The same table with the type that all rows share. */
export function permissionOf(action: Action): Permission {
  return PERMISSIONS[action];
}

/** Whether a role can do nothing that the other cannot. */
export function isWithin(role: Role, other: Role): boolean {
  return ACTIONS.every((action) => {
    const { roles } = permissionOf(action);
    return !roles.includes(role) || roles.includes(other);
  });
}
