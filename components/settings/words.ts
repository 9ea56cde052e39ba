import type { Input } from '../data/index.ts';

type Role = Input<'members.changeRole'>['role'];

/** Everything that people read on these pages. */
export const words = {
  title: 'Settings',
  sections: {
    account: 'Your account',
    members: 'Members',
    keys: 'API keys',
    'agent-tokens': 'Agent tokens',
    secrets: 'Secrets',
    notifications: 'Notifications',
    limits: 'Limits',
    system: 'System',
  },
  notYours: {
    title: 'Not for your role',
    note: 'An owner or admin of the organisation can see this and change your role.',
  },
  roles: {
    owner: 'Owner',
    admin: 'Admin',
    designer: 'Designer',
    operator: 'Operator',
    viewer: 'Viewer',
    auditor: 'Auditor',
  } satisfies Record<Role, string>,
  roleNotes: {
    owner: 'Everything, other owners included.',
    admin: 'Everything but owners.',
    designer: 'Draws and publishes pipelines, starts runs.',
    operator: 'Starts and repairs runs, looks after agents and queues.',
    viewer: 'Looks at everything, changes nothing.',
    auditor: 'Reads the audit log and who is a member; sees no content of runs.',
  } satisfies Record<Role, string>,
  once: 'Shown here only. Keep it where secrets are kept; it cannot be looked up again.',
  never: 'never',
} as const;

export const roleChoices = (Object.keys(words.roles) as Role[]).map((value) => ({
  value,
  label: words.roles[value],
}));
