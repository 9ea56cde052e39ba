import { and, asc, desc, eq, gt, isNotNull, lt, or, type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { Place } from '#db/queries/workspace-enter.ts';
import { type Lease, listHeld } from '#db/queries/workspace-leases.ts';
import {
  workspaceFiles,
  workspaceLeases,
  workspaceMessages,
  workspaceSteps,
  workspaces,
  workspaceVersions,
} from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { type RunId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { matchesGlob, toSqlPattern } from '#server/domain/workspace/glob.ts';
import type { ChangeKind } from '#server/domain/workspace/history.ts';
import { filesBefore, type KeptStage } from './boundary.ts';
import type { Desk } from './desk.ts';
import { type Message, readMessages } from './talk.ts';
import { type FileVersion, toFileVersion, type VersionRow } from './versions.ts';

export interface ListedFile extends FileVersion {
  heldBy: Lease | null;
}

export interface HistoryEntry extends FileVersion {
  seq: number;
  kind: ChangeKind;
  note: string | null;
  stageKey: string | null;
  /** The fencing token that it was written under. */
  token: number | null;
}

export interface StepEntry {
  seq: number;
  name: string;
  stageKey: string | null;
  level: string;
  message: string;
  fields: JsonObject | null;
  at: Date;
}

export interface ClaimEntry {
  seq: number;
  leaseId: string;
  name: string;
  patterns: string[];
  /** Null: it was made; else how it ended. */
  ended: { by: string | null; reason: string | null } | null;
  at: Date;
}

/** What has happened, in order. */
export type Activity =
  | { type: 'change'; seq: number; entry: HistoryEntry }
  | { type: 'step'; seq: number; entry: StepEntry }
  | { type: 'message'; seq: number; entry: Message }
  | { type: 'claim'; seq: number; entry: ClaimEntry };

export interface Overview {
  seq: number;
  files: number;
  bytes: number;
}

export interface FileWish {
  glob?: string | undefined;
  after?: string | undefined;
  limit: number;
  /** As the files were when of all stages only these had been done; left out: as they are. */
  kept?: readonly KeptStage[] | undefined;
}

export interface Browse {
  /** By name; one more than `limit` if there are more. */
  list(place: Place, wanted: FileWish): Promise<ListedFile[]>;
  /** Newest first, of one file or of all. */
  history(
    place: Place,
    wanted: { path?: string | undefined; before?: { seq: number; path: string } | undefined; limit: number },
  ): Promise<HistoryEntry[]>;
  /**
   * Oldest first; what happened after that number. What has one number (files that were carried over, claims that ended
   * together) is never divided, so that whoever goes on after the last number misses nothing.
   */
  activity(place: Place, wanted: { after: number; limit: number }): Promise<Activity[]>;
  steps(place: Place, wanted: { after: number; limit: number }): Promise<StepEntry[]>;
  /** All messages, whomever to. */
  messages(place: Place, wanted: { after: number; limit: number }): Promise<Message[]>;
  overview(place: Place): Promise<Overview>;
}

export function createBrowse({ db }: Desk): Browse {
  const reading =
    <Wanted, Result>(work: (tx: TenantTransaction, place: Place, wanted: Wanted) => Promise<Result>) =>
    (place: Place, wanted: Wanted) =>
      inTenant(db, place.orgId, (tx) => work(tx, place, wanted));
  return {
    list: reading(listFiles),
    history: reading(readHistory),
    activity: reading(readActivity),
    steps: reading(readSteps),
    messages: reading((tx, place, { after, limit }: { after: number; limit: number }) =>
      readMessages(tx, { place, where: gt(workspaceMessages.seq, after), limit }),
    ),
    async overview({ runId, orgId }) {
      const { seq, files, bytes } = workspaces;
      const found = await inTenant(db, orgId, (tx) =>
        tx
          .select({ seq, files, bytes })
          .from(workspaces)
          .where(eq(workspaces.runId, toUuid(runId))),
      );
      // Nobody has done anything in it yet.
      return found[0] ?? { seq: 0, files: 0, bytes: 0 };
    },
  };
}

async function listFiles(
  tx: TenantTransaction,
  { runId }: Place,
  { glob, after, limit, kept }: FileWish,
): Promise<ListedFile[]> {
  if (kept !== undefined) return listBefore(tx, { from: runId, kept }, { glob, after, limit });
  const files = await tx
    .select(FILE_COLUMNS)
    .from(workspaceFiles)
    .where(
      and(
        eq(workspaceFiles.runId, toUuid(runId)),
        isNotNull(workspaceFiles.hash),
        after === undefined ? undefined : gt(workspaceFiles.path, after),
        glob === undefined ? undefined : sql`path ~ ${toSqlPattern(glob)}`,
      ),
    )
    .orderBy(asc(workspaceFiles.path))
    .limit(limit + 1);
  const held = await listHeld(tx, runId);
  const holderOf = (path: string) =>
    held.find(({ patterns }) => patterns.some((pattern) => matchesGlob(pattern, path))) ?? null;
  return files.map((file) => ({ ...file, heldBy: holderOf(file.path) }));
}

/** Who holds a file now says nothing of what it was then. */
async function listBefore(
  tx: TenantTransaction,
  boundary: { from: RunId; kept: readonly KeptStage[] },
  { glob, after, limit }: Omit<FileWish, 'kept'>,
): Promise<ListedFile[]> {
  const rows = await tx.execute<VersionRow>(sql`
    SELECT path, version, hash, bytes, is_text, changed_by, at AS changed_at FROM (${filesBefore(boundary)}) AS files
    WHERE ${after === undefined ? sql`true` : sql`path > ${after}`}
      AND ${glob === undefined ? sql`true` : sql`path ~ ${toSqlPattern(glob)}`}
    ORDER BY path LIMIT ${limit + 1}::text::int`);
  return rows.map((row) => ({ ...toFileVersion(row), heldBy: null }));
}

const FILE_COLUMNS = {
  path: workspaceFiles.path,
  version: workspaceFiles.version,
  hash: workspaceFiles.hash,
  bytes: workspaceFiles.bytes,
  isText: workspaceFiles.isText,
  changedBy: workspaceFiles.changedBy,
  changedAt: workspaceFiles.changedAt,
};

const VERSION_COLUMNS = {
  path: workspaceVersions.path,
  version: workspaceVersions.version,
  hash: workspaceVersions.hash,
  bytes: workspaceVersions.bytes,
  isText: workspaceVersions.isText,
  changedBy: workspaceVersions.changedBy,
  changedAt: workspaceVersions.at,
  seq: workspaceVersions.seq,
  kind: workspaceVersions.kind,
  note: workspaceVersions.note,
  stageKey: workspaceVersions.stageKey,
  token: workspaceVersions.token,
};

function readHistory(
  tx: TenantTransaction,
  { runId }: Place,
  {
    path,
    before,
    limit,
  }: { path?: string | undefined; before?: { seq: number; path: string } | undefined; limit: number },
): Promise<HistoryEntry[]> {
  const { seq, path: ofPath } = workspaceVersions;
  return tx
    .select(VERSION_COLUMNS)
    .from(workspaceVersions)
    .where(
      and(
        eq(workspaceVersions.runId, toUuid(runId)),
        path === undefined ? undefined : eq(ofPath, path),
        before && or(lt(seq, before.seq), and(eq(seq, before.seq), lt(ofPath, before.path))),
      ),
    )
    .orderBy(desc(seq), desc(ofPath))
    .limit(limit + 1);
}

function readSteps(
  tx: TenantTransaction,
  { runId }: Place,
  { after, limit }: { after: number; limit: number },
): Promise<StepEntry[]> {
  const { seq, name, stageKey, level, message, fields, at } = workspaceSteps;
  return tx
    .select({ seq, name, stageKey, level, message, fields, at })
    .from(workspaceSteps)
    .where(and(eq(workspaceSteps.runId, toUuid(runId)), gt(seq, after)))
    .orderBy(asc(seq))
    .limit(limit);
}

/** Claims as they are made and as they end. */
async function readClaims(
  tx: TenantTransaction,
  { runId }: Place,
  { after, limit }: { after: number; limit: number },
): Promise<ClaimEntry[]> {
  const {
    id: leaseId,
    name,
    patterns,
    seq,
    endedSeq,
    endedBy,
    endReason,
    takenAt,
    endedAt,
  } = workspaceLeases;
  const common = { leaseId, name, patterns };
  const ofRun = eq(workspaceLeases.runId, toUuid(runId));
  const made = await tx
    .select({ ...common, seq, at: takenAt })
    .from(workspaceLeases)
    .where(and(ofRun, gt(seq, after)))
    .orderBy(asc(seq))
    .limit(limit);
  const ended = await tx
    .select({ ...common, seq: sql<string>`ended_seq`, at: endedAt, by: endedBy, reason: endReason })
    .from(workspaceLeases)
    .where(and(ofRun, gt(endedSeq, after), upTo(workspaceLeases, endedSeq, { runId, after, limit })))
    .orderBy(asc(endedSeq));
  return [
    ...made.map((row) => ({ ...row, ended: null })),
    ...ended.map(({ by, reason, at, ...row }) => ({
      ...row,
      seq: Number(row.seq),
      at: at as Date,
      ended: { by, reason },
    })),
  ];
}

async function readActivity(
  tx: TenantTransaction,
  place: Place,
  { after, limit }: { after: number; limit: number },
): Promise<Activity[]> {
  const { runId } = place;
  const { seq } = workspaceVersions;
  const changes = await tx
    .select(VERSION_COLUMNS)
    .from(workspaceVersions)
    .where(
      and(
        eq(workspaceVersions.runId, toUuid(runId)),
        gt(seq, after),
        upTo(workspaceVersions, seq, { runId, after, limit }),
      ),
    )
    .orderBy(asc(seq), asc(workspaceVersions.path));
  const messages = await readMessages(tx, { place, where: gt(workspaceMessages.seq, after), limit });
  const steps = await readSteps(tx, place, { after, limit });
  const claims = await readClaims(tx, place, { after, limit });
  const all: Activity[] = [
    ...changes.map((entry) => ({ type: 'change' as const, seq: entry.seq, entry })),
    ...steps.map((entry) => ({ type: 'step' as const, seq: entry.seq, entry })),
    ...messages.map((entry) => ({ type: 'message' as const, seq: entry.seq, entry })),
    ...claims.map((entry) => ({ type: 'claim' as const, seq: entry.seq, entry })),
  ];
  all.sort((a, b) => a.seq - b.seq);
  const last = all[limit - 1]?.seq;
  return last === undefined ? all : all.filter(({ seq }) => seq <= last);
}

/** No further than the number that the last of so many entries has. */
function upTo(
  table: typeof workspaceVersions | typeof workspaceLeases,
  column: AnyPgColumn,
  { runId, after, limit }: { runId: RunId; after: number; limit: number },
): SQL {
  const seq = sql`e.${sql.identifier(column.name)}`;
  const last = sql`SELECT ${seq} FROM ${table} e
    WHERE e.run_id = ${toUuid(runId)}::text::uuid AND ${seq} > ${after} ORDER BY ${seq} LIMIT 1 OFFSET ${limit - 1}`;
  return sql`${column} <= coalesce((${last}), ${Number.MAX_SAFE_INTEGER})`;
}
