import { useQueries, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { McpConnectionId } from '../../../server/domain/ids.ts';
import { offerKindOf } from '../../../server/domain/mcp.ts';
import { type Answer, ask, query } from '../../data/index.ts';
import { stateOfConnection } from '../../looks/index.ts';
import { useMay } from '../../shell/use-may.ts';
import { type Editor, useEditor } from '../context.ts';
import {
  type KnownMcp,
  type McpSource,
  type McpTool,
  sourceKey,
  toTool,
  wantedSources,
} from '../model/mcp/known-mcp.ts';
import { useObserved } from '../store/observable.ts';

type Connection = Answer<'mcp.connections'>['connections'][number];
type VirtualServer = Answer<'mcpServers.list'>['servers'][number];

/** Connections and servers, and the tools of those that stages name. Nothing is asked, nor loaded, while no stage calls a tool. */
function useMcp({ store, mcp }: Editor): void {
  const mayRead = useMay()('mcp.read');
  const wanted = useObserved(store, ({ document }) => wantedSources(document));
  const isWanted = mayRead && wanted !== null;
  const { data: connections } = useQuery({ ...allConnections, ...FRESH, enabled: isWanted });
  const { data: servers } = useQuery({ ...allServers, ...FRESH, enabled: isWanted });
  const named = useMemo(() => new Set((wanted ?? '').split('\n')), [wanted]);
  const tools = useNamedTools(connections, named);
  const served = useServedTools(servers, named);
  const known = useMemo(
    () => (connections && servers ? toKnown({ connections, servers, tools, served }) : null),
    [connections, servers, tools, served],
  );
  useEffect(() => mcp.set(isWanted ? known : null), [mcp, isWanted, known]);
  useEffect(() => () => mcp.set(null), [mcp]);
}

/** Shows nothing: while it is there the editor knows what stages can call. */
export function McpWatch(): null {
  useMcp(useEditor());
  return null;
}

/** No news are told of connections: whoever comes back from their page sees what has changed there. */
const FRESH = { refetchOnWindowFocus: 'always' } as const;
const PAGE = 200;

export const allConnections = {
  queryKey: ['mcp', 'connections', 'all'],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    everyPage(async (cursor) => {
      const page = await ask('mcp.connections', { limit: PAGE, ...cursor }, { signal });
      return { rows: page.connections, next: page.next_cursor };
    }),
};

const allServers = {
  queryKey: ['mcpServers', 'list', 'all'],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    everyPage(async (cursor) => {
      const page = await ask('mcpServers.list', { limit: PAGE, ...cursor }, { signal });
      return { rows: page.servers, next: page.next_cursor };
    }),
};

const allTools = (id: McpConnectionId) => ({
  queryKey: ['mcp', 'connectionTools', 'all', id],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    everyPage(async (cursor) => {
      const page = await ask('mcp.connectionTools', { id, limit: PAGE, ...cursor }, { signal });
      return { rows: page.tools, next: page.next_cursor };
    }),
  ...FRESH,
});

async function everyPage<Row>(
  read: (cursor: { cursor?: string }) => Promise<{ rows: readonly Row[]; next: string | null }>,
): Promise<Row[]> {
  const all: Row[] = [];
  let cursor: string | null = null;
  do {
    const { rows, next }: { rows: readonly Row[]; next: string | null } = await read(
      cursor === null ? {} : { cursor },
    );
    all.push(...rows);
    cursor = next;
  } while (cursor !== null);
  return all;
}

function useNamedTools(connections: readonly Connection[] | undefined, named: ReadonlySet<string>) {
  const asked = useMemo(
    () => (connections ?? []).filter(({ slug }) => named.has(sourceKey({ kind: 'connection', slug }))),
    [connections, named],
  );
  const lists = useQueries({ queries: asked.map(({ id }) => allTools(id)), combine: dataOf });
  return useMemo(
    () =>
      together(
        asked.map(({ id }) => id),
        lists,
      ),
    [asked, lists],
  );
}

function useServedTools(servers: readonly VirtualServer[] | undefined, named: ReadonlySet<string>) {
  const asked = useMemo(
    () =>
      (servers ?? [])
        .map(({ slug }) => slug)
        .filter((slug) => named.has(sourceKey({ kind: 'server', slug }))),
    [servers, named],
  );
  const lists = useQueries({
    queries: asked.map((server) => ({ ...query('mcp.tools', { server }), ...FRESH })),
    combine: dataOf,
  });
  return useMemo(
    () =>
      together(
        asked,
        lists.map((list) => list?.tools),
      ),
    [asked, lists],
  );
}

/** Lists only: what has not changed is then the same as before. */
const dataOf = <Data>(answers: readonly { data: Data | undefined }[]) => answers.map(({ data }) => data);

function together<Tools>(
  names: readonly string[],
  lists: readonly (Tools | undefined)[],
): Map<string, Tools> {
  const known = new Map<string, Tools>();
  for (const [at, name] of names.entries()) {
    const list = lists[at];
    if (list !== undefined) known.set(name, list);
  }
  return known;
}

interface Told {
  connections: readonly Connection[];
  servers: readonly VirtualServer[];
  tools: ReadonlyMap<string, Answer<'mcp.connectionTools'>['tools']>;
  served: ReadonlyMap<string, Answer<'mcp.tools'>['tools']>;
}

function toKnown({ connections, servers, tools, served }: Told): KnownMcp {
  const sources: McpSource[] = [
    ...connections.map((connection) => fromConnection(connection, tools.get(connection.id))),
    ...servers.map((server) => fromServer(server, served.get(server.slug))),
  ];
  return new Map(sources.map((source) => [sourceKey(source), source]));
}

function fromConnection(
  connection: Connection,
  tools: Answer<'mcp.connectionTools'>['tools'] | undefined,
): McpSource {
  const { id, slug, name, owner_id: owner, sign_in: signIn } = connection;
  const known = tools?.flatMap(({ name: tool, state, definition }) =>
    definition && offerKindOf(tool) === 'tool' ? [toTool(definition, { name: tool, state })] : [],
  );
  return {
    ...{ kind: 'connection', slug, name, href: `/connections/${id}` },
    standing: stateOfConnection(connection),
    isOfPersons: owner !== null || signIn?.mode === 'each',
    tools: byName(known),
  };
}

function fromServer(
  { slug, name, enabled }: VirtualServer,
  tools: Answer<'mcp.tools'>['tools'] | undefined,
): McpSource {
  return {
    ...{ kind: 'server', slug, name, href: '/connections?tab=servers', isOfPersons: false },
    standing: enabled ? 'reachable' : 'off',
    // What has not been approved is not in its list.
    tools: byName(
      tools?.map((definition) => toTool(definition, { name: definition.name, state: 'approved' })),
    ),
  };
}

const byName = (tools: readonly McpTool[] | undefined): McpSource['tools'] =>
  tools === undefined ? null : new Map(tools.map((tool) => [tool.name, tool]));
