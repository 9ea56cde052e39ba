import type { ConnectionKind } from '#server/domain/mcp.ts';

/** A server that is known by name: enough to connect it without knowing where it is. */
export interface CatalogueEntry {
  key: string;
  name: string;
  about: string;
  kind: ConnectionKind;
  url?: string;
  /** The program that `SIGNALBOX_MCP_PROGRAMS` must name, and how it is got. */
  program?: string;
  package?: string;
  args?: readonly string[];
  /** `{folder}` stands for the connection's own folder. */
  variables?: Readonly<Record<string, string>>;
  credentials: readonly Credential[];
}

export interface Credential {
  /** What it is called in `credentials` of a call that connects. */
  key: string;
  label: string;
  isRequired: boolean;
  /** Where it goes. */
  header?: string;
  variable?: string;
  /** What stands before it in the header. */
  prefix?: string;
}

const bearer = (label: string, isRequired: boolean): Credential => ({
  ...{ key: 'api_key', label, isRequired, header: 'authorization', prefix: 'Bearer ' },
});

export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    key: 'deepwiki',
    name: 'DeepWiki',
    about: 'Answers questions about public GitHub repositories.',
    kind: 'http',
    url: 'https://mcp.deepwiki.com/mcp',
    credentials: [bearer('API key', false)],
  },
  {
    key: 'supabase',
    name: 'Supabase',
    about: 'Reads and changes projects of Supabase: tables, queries, migrations.',
    kind: 'http',
    url: 'https://mcp.supabase.com/mcp',
    credentials: [bearer('Access token', true)],
  },
  {
    key: 'memory',
    name: 'Memory',
    about: 'Keeps a graph of things, relations and observations in a file.',
    kind: 'stdio',
    program: 'memory',
    package: '@modelcontextprotocol/server-memory',
    variables: { MEMORY_FILE_PATH: '{folder}/memory.jsonl' },
    credentials: [],
  },
  {
    key: 'sequential-thinking',
    name: 'Sequential Thinking',
    about: 'Lets a model think in steps that it can go back on.',
    kind: 'stdio',
    program: 'sequential-thinking',
    package: '@modelcontextprotocol/server-sequential-thinking',
    credentials: [],
  },
  {
    key: 'filesystem',
    name: 'Filesystem',
    about: 'Reads and writes files below the folders that its arguments name.',
    kind: 'stdio',
    program: 'filesystem',
    package: '@modelcontextprotocol/server-filesystem',
    args: ['{folder}'],
    credentials: [],
  },
  {
    key: 'everything',
    name: 'Everything',
    about: 'Tries out every feature of the protocol. For tests.',
    kind: 'stdio',
    program: 'everything',
    package: '@modelcontextprotocol/server-everything',
    args: ['stdio'],
    credentials: [],
  },
];

export const findInCatalogue = (key: string): CatalogueEntry | undefined =>
  CATALOGUE.find((entry) => entry.key === key);
