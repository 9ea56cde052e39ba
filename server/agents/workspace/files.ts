import type { Place, Writer } from '#db/queries/workspace-enter.ts';
import { findHolding, type Lease } from '#db/queries/workspace-leases.ts';
import {
  type FileChange,
  type LeaseProof,
  type Stored,
  type WriteVerdict,
  writeFile,
} from '#db/queries/workspace-write.ts';
import { inTenant } from '#db/tenant.ts';
import { invalid, notFound } from '#server/domain/errors.ts';
import type { Conflict } from '#server/domain/workspace/conflict.ts';
import { diffLines, toUnified } from '#server/domain/workspace/diff.ts';
import { applyEdits, type Edit } from '#server/domain/workspace/edits.ts';
import { ENTRY_BYTES } from '#server/domain/workspace/limits.ts';
import type { Content } from './contents.ts';
import { change, conflictError, conflictOf, type Desk } from './desk.ts';
import { refusalOf } from './refusal.ts';
import { type FileVersion, findVersion } from './versions.ts';

export interface FileRead extends FileVersion {
  content: Content;
  heldBy: Lease | null;
}

export interface Written {
  path: string;
  version: number;
  bytes: number;
  changedAt: Date;
}

export interface FileDiff {
  /** Unified; null where one of the two is no text. */
  diff: string | null;
  isDiffCut: boolean;
}

export interface WriteRequest {
  path: string;
  /** Null: the file goes. */
  content: Content | null;
  baseVersion: number;
  lease?: LeaseProof | undefined;
  note?: string | undefined;
}

export interface EditRequest extends Pick<WriteRequest, 'path' | 'lease' | 'note'> {
  edits: readonly Edit[];
  /** Left out: whatever the file holds, as long as the edits fit it. */
  baseVersion?: number | undefined;
}

export interface Files {
  read(place: Place, wanted: { path: string; version?: number | undefined }): Promise<FileRead>;
  diff(place: Place, wanted: { path: string; from: number; to: number }): Promise<FileDiff>;
  write(place: Place, writer: Writer, request: WriteRequest): Promise<Written>;
  edit(place: Place, writer: Writer, request: EditRequest): Promise<Written & FileDiff>;
}

/** An edit that names no version is made on the newest; others may be quicker so many times. */
const EDIT_TRIES = 8;

export function createFiles(desk: Desk): Files {
  const { contents, db } = desk;

  const read: Files['read'] = async (place, wanted) => {
    const { found, heldBy } = await inTenant(db, place.orgId, async (tx) => ({
      found: await findVersion(tx, place, wanted),
      heldBy: await findHolding(tx, place.runId, wanted.path),
    }));
    if (!found || found.hash === null) throw noSuchFile(wanted);
    return { ...found, heldBy, content: await contents.read(place, { ...found, hash: found.hash }) };
  };

  const put = async (place: Place, writer: Writer, change: Change): Promise<Written> => {
    const stored = change.content === null ? null : await contents.keep(place, change.content);
    try {
      const verdict = await commit(desk, { place, writer }, { change, stored });
      if (stored && change.content) contents.share(place, stored, change.content);
      const { version, at } = verdict;
      return { path: change.path, version: version + 1, bytes: stored?.bytes ?? 0, changedAt: at as Date };
    } catch (error) {
      const conflict = conflictOf(error);
      throw conflict ? conflictError(await withDiff(place, conflict)) : error;
    }
  };

  /** What the caller has not seen, looked up when the workspace is free again: versions never change. */
  async function withDiff(place: Place, conflict: Conflict): Promise<Conflict> {
    if (conflict.kind !== 'outdated' || conflict.baseVersion === 0 || conflict.version === 0) return conflict;
    const { path, baseVersion, version } = conflict;
    return { ...conflict, ...(await diff(place, { path, from: baseVersion, to: version })) };
  }

  /** Version 0 is a file before it was there. */
  async function diff(
    place: Place,
    { path, from, to }: { path: string; from: number; to: number },
  ): Promise<FileDiff> {
    const versions = await inTenant(db, place.orgId, async (tx) => [
      from === 0 ? null : await findVersion(tx, place, { path, version: from }),
      await findVersion(tx, place, { path, version: to }),
    ]);
    if (!versions[1]) return { diff: null, isDiffCut: false };
    const [before = null, after = null] = await Promise.all(
      versions.map((version) => textOf(place, version ?? null)),
    );
    if (before === null || after === null) return { diff: null, isDiffCut: false };
    const { text, isCut } = toUnified(diffLines(before, after));
    return { diff: text, isDiffCut: isCut };
  }

  async function textOf(place: Place, version: FileVersion | null): Promise<string | null> {
    if (version === null || version.hash === null) return '';
    return contents.readText(place, { ...version, hash: version.hash });
  }

  async function editOnce(place: Place, writer: Writer, request: EditRequest): Promise<Written & FileDiff> {
    const { path, edits, baseVersion } = request;
    const file = await read(place, { path, version: baseVersion });
    if (!('text' in file.content)) throw invalid(`${path} is no text, so it cannot be edited.`);
    const before = file.content.text;
    const edited = applyEdits(before, edits);
    if (!edited.ok) throw unfit(file, edited);
    const written = await put(place, writer, {
      ...request,
      ...{ kind: 'edit', edits, content: { text: edited.text }, baseVersion: file.version },
    });
    const { text, isCut } = toUnified(diffLines(before, edited.text));
    return { ...written, diff: text, isDiffCut: isCut };
  }

  return {
    read,
    diff,
    write: (place, writer, request) =>
      put(place, writer, { ...request, kind: request.content === null ? 'delete' : 'write', edits: null }),
    async edit(place, writer, request) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await editOnce(place, writer, request);
        } catch (error) {
          const isLate = conflictOf(error)?.kind === 'outdated';
          if (!isLate || request.baseVersion !== undefined || tries === EDIT_TRIES) throw error;
        }
      }
    },
  };
}

type Change = WriteRequest & Pick<FileChange, 'kind' | 'edits'>;

function commit(
  desk: Desk,
  who: { place: Place; writer: Writer },
  { change: wanted, stored }: { change: Change; stored: Stored | null },
): Promise<WriteVerdict> {
  const { path, kind, edits, baseVersion, note = null, lease = null } = wanted;
  return change(desk, who, async (tx, { seq }) => {
    const made: FileChange = {
      ...{ seq, path, kind, edits, baseVersion, note, lease, content: stored, limits: desk.limits },
      cost: ENTRY_BYTES + (stored?.bytes ?? 0) + (edits ? Buffer.byteLength(JSON.stringify(edits)) : 0),
    };
    const verdict = await writeFile(tx, who.place, { writer: who.writer, change: made });
    if (!verdict.isWritten) throw await refusalOf(tx, desk, { ...who, change: made, verdict });
    return verdict;
  });
}

const noSuchFile = ({ path, version }: { path: string; version?: number | undefined }) =>
  notFound('file', version === undefined ? path : `${path} in version ${version}`);

function unfit({ path, version }: FileVersion, { at, problem }: { at: number; problem: string }) {
  return invalid(
    `Edit ${at + 1} of ${path} ${problem} (version ${version}), so none of them was made.`,
    { edit: at, version },
    'Read the file and name a text that is in it once, or say `all`.',
  );
}
