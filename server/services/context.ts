import type { DoorDatabase } from '#db/tenant.ts';
import type { HttpPull } from '#server/agents/delivery/http-pull.ts';
import type { Payloads } from '#server/agents/payloads.ts';
import type { Registry } from '#server/agents/registry/registry.ts';
import type { Workspaces } from '#server/agents/workspace/workspaces.ts';
import type { EngineCommands } from '#server/coordinator/commands.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import type { OrgId, RunId, VersionId } from '#server/domain/ids.ts';
import type { Said } from '#server/domain/said.ts';
import type { McpGateway } from '#server/gateway/gateway.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { AuditDetails } from '#server/identity/audit/note.ts';
import type { Refusals } from '#server/identity/audit/refusals.ts';
import type { Verification } from '#server/identity/audit/verify.ts';
import type { Identity } from '#server/identity/identity.ts';
import type { Places } from '#server/identity/limits/places.ts';
import type { Quotas } from '#server/identity/limits/quotas.ts';
import type { Rates } from '#server/identity/limits/rates.ts';
import type { SecretStore } from '#server/identity/secrets/store.ts';
import type { NotificationOffice } from '#server/notifications/office.ts';
import type { Condition } from '#server/platform/conditions.ts';
import type { DocumentDesk } from '#server/platform/documents/desk.ts';
import type { Cursors } from './cursors.ts';
import type { LiveFeed } from './live/feed.ts';

/** What verbs work with. Built once by compose; everything in it is replaceable in a test. */
export interface Services {
  readonly db: DoorDatabase;
  readonly identity: Identity;
  /** Nobody but this machine reaches the doors. */
  readonly isLocalOnly: boolean;
  readonly engine: EngineCommands;
  readonly graphOf: (versionId: VersionId) => Promise<CompiledGraph>;
  readonly payloads: Payloads;
  readonly documents: Pick<DocumentDesk, 'read' | 'judge'>;
  readonly queues: QueueDesk;
  /** Whose a queue is, by its name. */
  readonly tenantOfQueue: (queue: string) => OrgId;
  readonly agents: AgentOffice;
  readonly presence: PresenceBoard;
  /** What agents say of a run while they work on it; UNAVAILABLE while hot state is away. */
  readonly said: (runId: RunId, from: { after: string | null; limit: number }) => Promise<Said[]>;
  readonly live: LiveFeed;
  readonly cursors: Cursors;
  readonly newUuid: () => string;
  readonly now: () => number;
  readonly limits: ServiceLimits;
  /** How much anybody may ask. */
  readonly rates: Rates;
  /** How many lines for live events anybody may hold open. */
  readonly places: Places;
  /** How many runs may be started. */
  readonly quotas: Quotas;
  /**
   * Writes who did what to the audit: the last step of a verb that changes something where it cannot write the note
   * together with the change. (In a transaction of its own: `noteIn`. Through the engine: the note of its commands.)
   */
  readonly record: (actor: Actor, action: string, what: AuditDetails) => Promise<void>;
  /** Writes to the audit what was refused. */
  readonly refusals: Refusals;
  readonly auditor: AuditOffice;
  readonly secrets: Pick<SecretStore, 'seal'>;
  readonly health: HealthDesk;
  readonly settings: ShownSettings;
  readonly notifications: NotificationOffice;
  readonly workspaces: Workspaces;
  readonly gateway: McpGateway;
  /** What an imported list of MCP servers may refer to. */
  readonly importVariables: Readonly<Record<string, string>>;
}

export interface ServiceLimits {
  readonly payloadMaxBytes: number;
  /** Reports that the engine has taken and not committed; more starts are refused until it has caught up. */
  readonly maxBacklog: number;
  /** Messages that wait in the database for a broker that takes none; more starts are refused until it does. */
  readonly maxOutbox: number;
}

/** The registry of agents, and the verbs of those that come for their work. */
export interface AgentOffice {
  readonly registry: Pick<Registry, 'register' | 'order' | 'get'>;
  readonly pull: Pick<HttpPull, 'claim' | 'heartbeat' | 'report'>;
}

/** By the queue that a dead letter came from. */
type IsMeant = (queue: string) => boolean;

/** What people ask of the audit beyond reading it. */
export interface AuditOffice {
  verify(orgId: OrgId): Promise<Verification>;
}

/** The part of a broker that people look at. */
export interface QueueDesk {
  depths(): Promise<
    {
      queue: string;
      messages: number;
      consumers: number;
      oldestAgeMs: number | null;
      unacked: number;
      /** In the last minute, through this process. */
      traffic: { published: number; delivered: number; returned: number };
    }[]
  >;
  listDeadLetters(limit: number, isMeant: IsMeant): Promise<DeadLetterView[]>;
  readDeadLetter(id: string, isMeant: IsMeant): Promise<DeadLetterView | null>;
  replayDeadLetter(id: string, isMeant: IsMeant): Promise<boolean>;
  replayDeadLetters(which: { limit: number; before: number }, isMeant: IsMeant): Promise<number>;
  discardDeadLetter(id: string, reason: string, isMeant: IsMeant): Promise<boolean>;
}

export interface DeadLetterView {
  id: string;
  messageId: string;
  queue: string;
  reason: string;
  deadAt: number | null;
  redeliveries: number;
  priority: string;
  body: Uint8Array;
}

export interface PresenceBoard {
  list(): Promise<{ id: string; data: string; expiresAt: number }[]>;
}

export interface HealthDesk {
  /** How the last minutes went in each process, this one first. */
  processes(): Promise<ProcessConditions[]>;
  /** A call of a tool of our own. */
  toolEnded(call: { isFault: boolean }): void;
  isReady(): Promise<boolean>;
  /** Asks each part and measures how long it takes to answer. */
  examine(): Promise<Record<'database' | 'broker' | 'hot_state' | 'object_store', PartHealth>>;
}

export interface ProcessConditions {
  /** Host and number of the process, and its roles. */
  name: string;
  /** The one that answers. */
  isThis: boolean;
  conditions: Condition[];
}

export interface PartHealth {
  ok: boolean;
  /** Null: it has not answered. */
  latencyMs: number | null;
  note: string | null;
}

/** Settings that anybody who has signed in may know. */
export interface ShownSettings {
  readonly roles: readonly string[];
  readonly kinds: {
    readonly database: 'embedded' | 'postgres';
    readonly broker: 'embedded' | 'rabbitmq';
    readonly hotState: 'embedded' | 'redis';
    readonly objectStore: 'folder' | 's3';
  };
  readonly payloadMaxBytes: number;
  readonly payloadInlineMaxBytes: number;
  readonly taskTimeoutMs: number;
  readonly maxAgents: number;
  /** Null: as many as there is room for. */
  readonly maxConcurrentTasks: number | null;
  readonly retentionDays: { readonly succeeded: number; readonly failed: number; readonly cancelled: number };
  /** Names of the settings that whoever runs the server has given; all others have their defaults. */
  readonly given: readonly string[];
}
