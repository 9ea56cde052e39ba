import { asWritten, days, setting } from './env-setting.ts';
import { flag, nameList, programList, systemUser } from './env-values.ts';

/** What follows a program may be a key. */
const namesOfPrograms = (text: string): string =>
  programList
    .parse(text)
    .map(({ name, command }) => `${name}=${command}`)
    .join(',');

/** Of `/mcp`, and of the gateway to MCP servers. */
export const MCP_SETTINGS = {
  SIGNALBOX_MCP_SIGN_IN: setting({
    group: 'MCP servers',
    readBy: ['web'],
    schema: flag,
    fallback: 'true',
    guards: asWritten,
    about:
      'Whether programs may send people here to be let in at `/mcp` (OAuth): where the server is known by https, or to its own machine alone, and no other authorization server is named for it. See [mcp.md](mcp.md).',
  }),
  SIGNALBOX_MCP_PROGRAMS: setting({
    group: 'MCP servers',
    schema: programList,
    fallback: null,
    example: 'memory=/usr/bin/node /srv/mcp/memory/index.js',
    guards: namesOfPrograms,
    about:
      'Programs that owners and admins of the first organisation may have started as MCP servers, by comma: a name, an absolute path, and what always follows it. Unset: none, and only servers with a URL can be connected. See [gateway.md](gateway.md).',
  }),
  SIGNALBOX_MCP_PROGRAM_USER: setting({
    group: 'MCP servers',
    schema: systemUser,
    fallback: null,
    example: 'nobody',
    guards: asWritten,
    about:
      'Whom these programs run as, where Signalbox runs as root: a user of this machine without rights, by name or as uid:gid; a range of numbers such as 700000-709999, of which each connection has one to itself; or root, if they may have all of its rights. Unset: as the user of Signalbox; as root none is started. See [gateway.md](gateway.md).',
  }),
  SIGNALBOX_MCP_IMPORT_VARIABLES: setting({
    group: 'MCP servers',
    readBy: ['web'],
    schema: nameList,
    fallback: null,
    example: 'DEEPWIKI_MCP_API_KEY',
    guards: asWritten,
    about:
      "Names of this server's environment variables that an imported list of MCP servers may refer to in values of headers and credentials, in braces after a dollar sign; in the first organisation alone. Unset: none.",
  }),
  SIGNALBOX_MCP_LOG_DAYS: setting({
    group: 'MCP servers',
    readBy: ['coordinator'],
    schema: days(),
    fallback: '30',
    about: 'Days that single calls of MCP tools are kept.',
  }),
  SIGNALBOX_MCP_APPROVAL_DAYS: setting({
    group: 'MCP servers',
    readBy: ['coordinator'],
    schema: days(),
    fallback: '90',
    about:
      'Days that questions to people about calls of MCP tools are kept, with the arguments and what was decided.',
  }),
  SIGNALBOX_MCP_USAGE_DAYS: setting({
    group: 'MCP servers',
    readBy: ['coordinator'],
    schema: days(),
    fallback: '400',
    about: 'Days that the daily counts of calls of MCP tools are kept.',
  }),
} as const;
