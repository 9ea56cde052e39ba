import type { Sql } from '#db/client.ts';
import { type RunOwner, readRunOwner } from '#db/queries/mcp-directory.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { createLruMap } from '#server/domain/graph/lru-map.ts';
import { DEFAULT_ORG_ID, type OrgId, type RunId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import type { Askable, LogEar, Progress, Resumed, ToolDefinition } from '#server/domain/mcp.ts';
import type { Bucket, Drawn, HotState } from '#server/redis/port.ts';
import { createApprovals } from './calls/approvals.ts';
import { createCalls } from './calls/calls.ts';
import type { CallAnswer } from './calls/request.ts';
import type { BREAKER_DEFAULTS, BreakerState } from './connections/breaker.ts';
import { createPeers } from './connections/peers.ts';
import { asHeldBy, createSessions, type Examined } from './connections/sessions.ts';
import type { Line } from './http/line.ts';
import { createLibrary, type Library } from './library.ts';
import { createJournal, type Journal } from './log/journal.ts';
import { createKeeper, type GatewayKeepDays } from './log/keeper.ts';
import { createFolders } from './programs/folders.ts';
import { createGuard } from './programs/guard.ts';
import type { Program, Programs } from './programs/programs.ts';
import { obstacleToPrograms, type ProgramUser } from './programs/user.ts';
import { createRelay, type Relay } from './relay.ts';
import type { WebFetch } from './sign-ins/flow.ts';
import { createSealedNotes, type SecretPort } from './sign-ins/notes.ts';
import { createSignIns, type SignIns } from './sign-ins/sign-ins.ts';
import type { GatewayCaller } from './tenant/caller.ts';
import { type Connection, createDirectories, type Directory, isSameConnection } from './tenant/directory.ts';
import {
  findVisible,
  noTools,
  serverIdOf,
  serverOf,
  type View,
  visibleTools,
  withPreset,
} from './tenant/views.ts';

export type { CallAnswer, Examined };

/** Upstream MCP servers, as verbs and stages use them. Whoever asks has been authorised already. */
export interface McpGateway extends Library {
  start(): Promise<void>;
  stop(): Promise<void>;
  directoryOf(orgId: OrgId): Promise<Directory>;
  /** Rows have changed, and it is committed. */
  changed(orgId: OrgId): Promise<void>;
  onChange(listener: (orgId: OrgId | null) => void): () => void;
  /** The list of a connection's resources is another. */
  onResources(listener: (connection: Connection) => void): () => void;
  /** Never empty: rejects when there is nothing to call. */
  listTools(caller: GatewayCaller, view: View): Promise<ToolDefinition[]>;
  /** Whether there is such a tool for them. Rejects as a call would, when it is there and cannot be called. */
  /** What it takes; null: this caller sees no such tool. */
  inputOfTool(caller: GatewayCaller, named: Pick<NamedCall, 'view' | 'name'>): Promise<JsonObject | null>;
  callTool(caller: GatewayCaller, call: NamedCall): Promise<CallAnswer>;
  examine(orgId: OrgId, connectionUuid: string, userUuid: string | null): Promise<Examined | null>;
  readonly signIns: Pick<SignIns, 'begin' | 'finish'>;
  standingOf(connectionUuid: string): ConnectionStanding;
  programs(): readonly Program[];
  /** Why none of them is started here; null: they are. */
  readonly obstacleToPrograms: SignalboxError | null;
  /** Between the processes of this gateway, for calls that wait in one of them. */
  readonly relay: Relay;
  /** Whose run it is; null: there is none. */
  ownerOfRun(runId: RunId): Promise<RunOwner | null>;
  /** Everything that was called so far is in the log. */
  flush(): Promise<void>;
}

export interface NamedCall {
  view: View;
  name: string;
  args: JsonObject;
  signal: AbortSignal;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Left out, a server that asks something is told that nobody can be asked. */
  askable?: Askable | undefined;
  log?: LogEar | undefined;
  resumed?: Resumed | undefined;
}

/** How a connection does in this process. */
export interface ConnectionStanding {
  breaker: BreakerState;
  /** When it is tried again. */
  openUntil: number | null;
  inFlight: number;
  isOpen: boolean;
}

export interface GatewayOptions {
  sql: Sql;
  hot: HotState;
  /** To servers. */
  line: Line;
  secrets: SecretPort;
  /** For what authorization servers publish and give out. */
  webFetch: WebFetch;
  takeRate(subject: string, bucket: Bucket): Promise<Drawn>;
  programs: Programs;
  programUser: ProgramUser;
  folder: string;
  keepDays: GatewayKeepDays;
  /** This process also deletes what is old. */
  isKeeper: boolean;
  /** A call that was sent has ended. */
  onCall(call: { isFault: boolean; ms: number }): void;
  breaker?: Partial<typeof BREAKER_DEFAULTS> | undefined;
  newUuid(): string;
  now(): number;
  onTrouble(message: string, error: unknown): void;
}

const MIB = 1_048_576;
const RUNS_REMEMBERED = 1000;
const RELAY_BEAT_MS = 2000;

export function createGateway(options: GatewayOptions): McpGateway {
  const { sql, hot, now, newUuid, onTrouble, programs, programUser } = options;
  const directories = createDirectories({ sql, hot, now });
  const journal = createJournal({ sql, onTrouble });
  const keeper = createKeeper({ sql, keepDays: options.keepDays, onTrouble });
  const resourceListeners = new Set<(connection: Connection) => void>();
  const peers = createPeers({ hot, id: newUuid(), now });
  const relay = createRelay({ hot, id: newUuid(), newUuid, beatMs: RELAY_BEAT_MS });
  const { secrets, webFetch, isKeeper } = options;
  const notes = createSealedNotes(sql, secrets);
  const signIns = createSignIns({ sql, notes, fetch: webFetch, isKeeper, now, onTrouble });
  const guard = createGuard();
  const folders = createFolders({ folder: options.folder, user: programUser, now });
  const sessions = createSessions({
    peers,
    ...{ sql, directories, now, onTrouble, programs, programUser, signIns },
    ...{
      line: options.line,
      readSecret: secrets.read,
      folders,
      guard,
      breaker: options.breaker,
    },
    maxResidentBytes: 1024 * MIB,
    maxSessions: 1000,
    idleMs: 600_000,
    probeMs: 30_000,
    onResources(connection) {
      for (const listener of resourceListeners) listener(connection);
    },
  });
  const approvals = createApprovals({ sql, newUuid });
  const noted: Journal = {
    ...journal,
    write(note) {
      journal.write(note);
      if (note.outcome === 'refused' || note.outcome === 'stopped') return;
      options.onCall({ isFault: note.outcome === 'fault', ms: note.ms });
    },
  };
  const calls = createCalls({
    sessions,
    peers,
    journal: noted,
    approvals,
    takeRate: options.takeRate,
    newUuid,
    now,
  });
  const library = createLibrary({ directories, sessions, calls, peers, takeRate: options.takeRate });
  const owners = createLruMap<string, RunOwner>(RUNS_REMEMBERED);

  async function dropUnwanted(orgId: OrgId): Promise<void> {
    const lookedAt = now();
    const { connections } = await directories.of(orgId);
    const gone = sessions.forgetOthers({ orgId, at: lookedAt, isThere: (id) => connections.has(id) });
    sessions.pool.keepOnly((held) => {
      if (held.orgId !== orgId) return true;
      const wanted = connections.get(held.id);
      return wanted?.enabled === true && isSameConnection(held, wanted);
    }, lookedAt);
    if (gone.length === 0) return;
    await sessions.pool.closed();
    await Promise.all(gone.map(folders.remove));
  }

  /** Of the one organisation that may have programs. */
  async function sweepFolders(): Promise<void> {
    const { connections } = await directories.of(DEFAULT_ORG_ID);
    await folders.sweep((id) => connections.has(id));
  }

  directories.onChange((orgId) => {
    signIns.forget();
    if (orgId === null) return;
    dropUnwanted(orgId).catch((error) =>
      onTrouble('Sessions with MCP servers could not be looked through.', error),
    );
  });

  return {
    async start() {
      await directories.start();
      await peers.start();
      if (options.isKeeper) keeper.start();
      sweepFolders().catch((error) =>
        onTrouble('Folders of MCP programs could not be looked through.', error),
      );
    },
    async stop() {
      await keeper.stop();
      await directories.stop();
      signIns.stop();
      await relay.stop();
      await sessions.stop();
      guard.close();
      await peers.stop();
      await journal.stop();
    },
    directoryOf: directories.of,
    changed: directories.changed,
    onChange: directories.onChange,
    onResources(listener) {
      resourceListeners.add(listener);
      return () => resourceListeners.delete(listener);
    },
    ...library,
    async listTools(caller, view) {
      const directory = await directories.of(caller.orgId);
      if (view.kind === 'server') serverOf(directory, view.slug);
      const tools = visibleTools(directory, caller, { view });
      if (tools.size === 0) throw noTools(directory, caller);
      return [...tools.values()].map(({ definition }) => definition);
    },
    async inputOfTool(caller, named) {
      try {
        const { tool } = findVisible(await directories.of(caller.orgId), caller, named);
        return tool.row.pinned.inputSchema;
      } catch (error) {
        if (error instanceof SignalboxError && error.code === 'INVALID') return null;
        throw error;
      }
    },
    async callTool(caller, { view, name, args, ...more }) {
      const directory = await directories.of(caller.orgId);
      const { tool, preset } = findVisible(directory, caller, { view, name });
      const serverId = serverIdOf(directory, view);
      return calls.call({ caller, directory, tool, serverId, args: withPreset(args, preset), ...more });
    },
    ...{ signIns, relay },
    async examine(orgId, connectionUuid, userUuid) {
      const { connections } = await directories.of(orgId);
      const connection = connections.get(connectionUuid);
      return connection ? sessions.examine(asHeldBy(connection, userUuid)) : null;
    },
    standingOf(connectionUuid) {
      const known = sessions.knownStanding(connectionUuid);
      const { state, openUntil } = known?.breaker.look() ?? { state: 'closed' as const, openUntil: null };
      return {
        breaker: state,
        openUntil,
        inFlight: known?.gate.inFlight() ?? 0,
        isOpen: sessions.pool.peek(connectionUuid)?.isEnded === false,
      };
    },
    programs: () => [...programs.values()],
    obstacleToPrograms: obstacleToPrograms(programUser),
    async ownerOfRun(runId) {
      const known = owners.get(runId);
      if (known) return known;
      const owner = await readRunOwner(sql, runId);
      if (owner) owners.set(runId, owner);
      return owner;
    },
    flush: journal.flush,
  };
}
