import type { Sql } from '#db/client.ts';
import {
  type ConnectionRow,
  type DirectoryRows,
  readDirectory,
  type ToolRow,
} from '#db/queries/mcp-directory.ts';
import { type OrgId, toUuid } from '#server/domain/ids.ts';
import {
  type Loan,
  MAX_TOOL_NAME,
  type ServerTool,
  TOOL_SEPARATOR,
  toolStateOf,
} from '#server/domain/mcp.ts';
import { isYoung } from '#server/domain/young.ts';
import { CHANNEL } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';
import { loansOf, type Rule } from './rules.ts';

export type Connection = ConnectionRow & {
  orgId: OrgId;
  /** What rules let it ask of some of its callers. */
  loans: readonly Loan[];
  /** In whose name it is used, where people sign in at it. Null: in nobody's. */
  holder?: string | null;
};

/** Whether a session that was opened for the one does for the other. */
export const isSameConnection = (held: Connection, now: Connection): boolean =>
  held.version === now.version && held.loans.join() === now.loans.join();

/** A tool that people have approved as it is. */
export interface ApprovedTool {
  connection: Connection;
  row: ToolRow & { pinned: NonNullable<ToolRow['pinned']>; pinnedHash: string };
}

export interface VirtualServer {
  id: string;
  slug: string;
  name: string;
  description: string;
  enabled: boolean;
  tools: readonly ServerTool[];
}

/** What a tenant has connected, approved and ruled, as it was a moment ago. */
export interface Directory {
  connections: ReadonlyMap<string, Connection>;
  bySlug: ReadonlyMap<string, Connection>;
  /** By connection and name; in quarantine too. */
  tools: ReadonlyMap<string, ReadonlyMap<string, ToolRow>>;
  /** By their names in the gateway. */
  approved: ReadonlyMap<string, ApprovedTool>;
  servers: ReadonlyMap<string, VirtualServer>;
  rules: readonly Rule[];
}

export interface Directories {
  start(): Promise<void>;
  stop(): Promise<void>;
  of(orgId: OrgId): Promise<Directory>;
  /** To be called once a change is committed; every process hears of it. */
  changed(orgId: OrgId): Promise<void>;
  onChange(listener: (orgId: OrgId | null) => void): () => void;
}

/** News may be lost; nothing is believed for longer. */
const MAX_AGE_MS = 3000;
const REMEMBERED = 200;

interface Known {
  directory: Directory;
  readAt: number;
}

export function createDirectories(options: { sql: Sql; hot: HotState; now(): number }): Directories {
  const { sql, hot, now } = options;
  const known = new Map<OrgId, Known>();
  const reading = new Map<OrgId, Promise<Directory>>();
  const listeners = new Set<(orgId: OrgId | null) => void>();
  const stops: (() => void | Promise<void>)[] = [];
  let changes = 0;

  function hear(orgId: OrgId | null): void {
    changes += 1;
    if (orgId === null) known.clear();
    else known.delete(orgId);
    // Whoever reads now may read what was before.
    reading.clear();
    for (const listener of listeners) listener(orgId);
  }

  async function read(orgId: OrgId): Promise<Directory> {
    const before = changes;
    const directory = toDirectory(orgId, await readDirectory(sql, toUuid(orgId)));
    if (known.size >= REMEMBERED) known.clear();
    if (before === changes) known.set(orgId, { directory, readAt: now() });
    return directory;
  }

  return {
    async start() {
      stops.push(await hot.subscribe(CHANNEL.mcp, (orgId) => hear(orgId as OrgId)));
      stops.push(hot.onGap(() => hear(null)));
    },
    async stop() {
      await Promise.all(stops.splice(0).map((stop) => stop()));
    },
    async of(orgId) {
      const found = known.get(orgId);
      if (found && isYoung(found.readAt, now(), MAX_AGE_MS)) return found.directory;
      const underway = reading.get(orgId);
      if (underway !== undefined) return underway;
      const mine = read(orgId).finally(() => {
        if (reading.get(orgId) === mine) reading.delete(orgId);
      });
      reading.set(orgId, mine);
      return mine;
    },
    async changed(orgId) {
      // Whoever made the change goes on at once, and must find it even if the news takes a while to come round.
      hear(orgId);
      await hot.publish(CHANNEL.mcp, orgId);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const gatewayName = (slug: string, tool: string): string => `${slug}${TOOL_SEPARATOR}${tool}`;

function toDirectory(orgId: OrgId, rows: DirectoryRows): Directory {
  const connections = new Map(
    rows.connections.map((row) => [row.id, { ...row, orgId, loans: loansOf(rows.rules, row.id) }]),
  );
  const tools = new Map<string, Map<string, ToolRow>>();
  const approved = new Map<string, ApprovedTool>();
  for (const row of rows.tools) {
    const own = tools.get(row.connectionId) ?? new Map<string, ToolRow>();
    tools.set(row.connectionId, own.set(row.name, row));
  }
  for (const connection of connections.values()) {
    for (const row of tools.get(connection.id)?.values() ?? []) {
      const name = gatewayName(connection.slug, row.name);
      if (toolStateOf(row) !== 'approved' || name.length > MAX_TOOL_NAME || !isPinned(row)) continue;
      approved.set(name, { connection, row });
    }
  }
  return {
    connections,
    bySlug: new Map([...connections.values()].map((connection) => [connection.slug, connection])),
    tools,
    approved,
    servers: new Map(rows.servers.map((row) => [row.slug, row])),
    rules: rows.rules,
  };
}

const isPinned = (row: ToolRow): row is ApprovedTool['row'] => row.pinned !== null && row.pinnedHash !== null;
