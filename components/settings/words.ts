import type { Input } from '../data/index.ts';

type Role = Input<'members.changeRole'>['role'];

/** Everything that people read on these pages. */
export const words = {
  title: 'Settings',
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
  apps: {
    name: 'Program',
    by: 'Let in by',
    may: 'May',
    since: 'Since',
    used: 'Last used',
    whose: 'Whose',
    mine: 'Mine',
    all: 'Of everybody',
    none: 'No connected apps',
    noneNote:
      'Clients of MCP that sign in by browser stand here. Give one the address of this server with /mcp at its end, and it asks to be let in.',
    end: 'Put out',
    endTitle: (name: string) => `Put ${name} out?`,
    endNote: 'It is refused from now on, everywhere. It can ask to be let in again.',
    ended: 'It is out.',
  },
  notYours: {
    title: 'Not for your role',
    note: 'An owner or admin of the organisation can see this and change your role.',
  },
  organisation: {
    loading: 'Loading your organisation',
    name: 'Name',
    role: 'You are',
    since: 'Since',
    rename: 'Change the name',
    renamed: 'The organisation has its new name.',
    ownersOnly: 'Its owners can change it.',
    yours: 'Your organisations',
    none: 'No organisation',
    noneNote: 'An invitation brings you into one.',
    here: 'you are here',
    enter: 'Go over',
    make: 'Make an organisation',
    makeSend: 'Make it',
    makeNote:
      'A place of its own: members, pipelines, runs, agents and keys of one are never seen in another. You are its owner.',
    made: (name: string) => `${name} is there. Go over to it when you like.`,
    leave: 'Leave',
    leaveTitle: (name: string) => `Leave ${name}?`,
    leaveNote:
      'Your sessions in it end, and you sign in again for the others. Keys that you made there stop working. The last owner cannot leave.',
    close: 'Close',
    closeTitle: (name: string) => `Close ${name} for good?`,
    closeNote:
      'All its members are out at once, and its keys, tokens and invitations stop working. Nobody can open it again. Refused while runs go on.',
    closed: 'It is closed.',
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
