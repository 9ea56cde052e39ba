import type { Place, Writer } from '#db/queries/workspace-enter.ts';
import type { Lease } from '#db/queries/workspace-leases.ts';
import type { Assignment } from '#server/domain/hands.ts';
import { type OrgId, parseTaskId, type RunId } from '#server/domain/ids.ts';
import { LEASE_MS } from '#server/domain/workspace/limits.ts';
import { conflictOf } from './desk.ts';
import type { EditRequest, FileDiff, FileRead, WriteRequest, Written } from './files.ts';
import type { Message, Step } from './talk.ts';
import type { Workspaces } from './workspaces.ts';

/** The workspace as an agent in this process has it: of the run that it works for, under its own name. */
export interface SharedFiles {
  read(path: string): Promise<FileRead>;
  /** Null: there is none. */
  find(path: string): Promise<FileRead | null>;
  write(request: WriteRequest): Promise<Written>;
  edit(request: EditRequest): Promise<Written & FileDiff>;
  claim(patterns: readonly string[], ttlMs?: number): Promise<Lease>;
  release(lease: Lease): Promise<void>;
  join(about: string): Promise<void>;
  leave(): Promise<void>;
  log(message: string, level?: Step['level']): Promise<void>;
  send(to: string | null, body: string): Promise<void>;
  /** What has come since it was last asked. */
  inbox(): Promise<Message[]>;
  /** Looks whenever something happens, until there is something. Null when the time is over. */
  until<Found>(
    look: () => Promise<Found | null>,
    within: { waitMs: number; signal: AbortSignal },
  ): Promise<Found | null>;
}

export type SharedFilesOf = (assignment: Assignment, name: string) => Promise<SharedFiles>;

export function createSharedFiles(
  workspaces: Workspaces,
  orgOf: (runId: RunId) => Promise<OrgId>,
): SharedFilesOf {
  return async ({ runId, taskId, stageKey, epoch }, name) => {
    const place = { runId, orgId: await orgOf(runId) };
    const hand = { stageKey, index: parseTaskId(taskId)?.index ?? 0, epoch };
    return bind(workspaces, place, { holder: `agent:${name}/stage:${stageKey}`, name, hand });
  };
}

function bind({ files, leases, talk, changes }: Workspaces, place: Place, writer: Writer): SharedFiles {
  let seen = 0;
  const read = (path: string) => files.read(place, { path });
  return {
    read,
    find: (path) =>
      read(path).catch((error) => {
        if (error?.code === 'NOT_FOUND') return null;
        throw error;
      }),
    write: (request) => files.write(place, writer, request),
    edit: (request) => files.edit(place, writer, request),
    claim: (patterns, ttlMs = LEASE_MS.fallback) => leases.claim(place, writer, { patterns, ttlMs }),
    async release({ leaseId: id, token }) {
      await leases.release(place, writer, { id, token });
    },
    async join(about) {
      await talk.join(place, writer, about);
    },
    async leave() {
      await talk.leave(place, writer);
    },
    async log(message, level = 'info') {
      await talk.logStep(place, writer, { level, message });
    },
    async send(to, body) {
      await talk.send(place, writer, { to, body });
    },
    async inbox() {
      const messages = await talk.inbox(place, writer, { seen, limit: 50 });
      seen = messages.at(-1)?.seq ?? seen;
      return messages;
    },
    async until(look, { waitMs, signal }) {
      const once = async () => [await look()].filter((found) => found !== null);
      const [found] = await changes.waitFor(place, { look: once, waitMs, signal });
      return found ?? null;
    },
  };
}

/** What somebody else's claim or change refused, or the error itself. */
export function refusedBy(error: unknown): NonNullable<ReturnType<typeof conflictOf>> {
  const conflict = conflictOf(error);
  if (conflict) return conflict;
  throw error;
}
