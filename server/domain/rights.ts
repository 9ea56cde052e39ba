/** What people can be in an organisation. */
export const ROLES = ['owner', 'admin', 'designer', 'operator', 'viewer', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** What a key can be narrowed to. */
export const SCOPES = [
  'runs:read',
  'payload:read',
  'runs:write',
  'pipelines:read',
  'pipelines:write',
  'pipelines:publish',
  'ops:read',
  'ops:write',
  'audit:read',
  'mcp:read',
  'mcp:call',
] as const;
export type Scope = (typeof SCOPES)[number];
