import type { Scope } from '#server/domain/rights.ts';
import type { Answer } from '../data/index.ts';

type Asked = Answer<'apps.asked'>;
type Redirect = Asked['redirect'];
type Reach = Asked['reach'];

/** Everything that people read when a program wants in. */
export const words = {
  title: 'Let a program in',
  nothing: {
    message: 'No program asks for anything here.',
    advice: 'Begin in the program: it opens this page by itself.',
  },
  panel: 'To the panel',
  loading: 'Loading what the program asks for',
  heading: (name: string) => `Let ${name} in?`,
  claim: 'That is what it calls itself. Only you know whether you have just begun this in it.',
  vouched: (site: string) => `${site} says that it is its program.`,
  person: 'You are',
  org: 'It would work in',
  others: 'Another organisation',
  uses: 'It would use',
  reach: {
    own: () => 'The tools of this server: pipelines, runs, agents and their files',
    gateway: () => 'All connected MCP servers',
    server: (name) => `The MCP server ${name}`,
  } satisfies Record<Reach['kind'], (name: string) => string>,
  goesTo: 'Your answer goes to',
  redirect: {
    site: () => 'This site. Keep the program out if you do not know it.',
    machine: () => 'A program on this computer.',
    scheme: () => 'A program on this device that opens such addresses.',
  } satisfies Record<Redirect['kind'], () => string>,
  may: 'It may, as far as you may yourself',
  unless: 'You can take it away at any time: Settings, Connected apps.',
  allow: 'Let it in',
  refuse: 'Keep it out',
  going: 'Going back to the program…',
  over: 'If nothing happens you can close this page.',
  scopes: {
    'runs:read': 'see runs, their tasks and logs',
    'payload:read': 'read what goes into runs and comes out, and their files',
    'runs:write': 'start, cancel and repeat runs, and change their files',
    'pipelines:read': 'see pipelines',
    'pipelines:write': 'make and change pipelines',
    'pipelines:publish': 'publish pipelines',
    'ops:read': 'see agents, queues and how the server does',
    'ops:write': 'give orders to agents and work on queues',
    'audit:read': 'read the audit log',
    'mcp:read': 'see the tools of connected MCP servers',
    'mcp:call': 'call the tools of connected MCP servers',
  } satisfies Record<Scope, string>,
} as const;
