import type { Input } from '../data/index.ts';

type Role = Input<'members.changeRole'>['role'];

/** What people read on more than one of these pages; each has its own words beside it. */
export const words = {
  title: 'Settings',
  loading: 'Loading the settings',
  sections: {
    account: 'Your account',
    organisation: 'Organisation',
    members: 'Members',
    keys: 'API keys',
    'agent-tokens': 'Agent tokens',
    apps: 'Connected apps',
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
  kept: 'I have kept it',
  never: 'never',
  more: (count: number) => `+${count}`,
  stopped: (because: string) => `Refused. ${because}`,
} as const;

export const roleChoices = (Object.keys(words.roles) as Role[]).map((value) => ({
  value,
  label: words.roles[value],
}));
