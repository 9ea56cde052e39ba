import { z } from 'zod';
import { CHANGE_KINDS } from '#server/domain/workspace/history.ts';
import type {
  Activity,
  ClaimEntry,
  Collaborator,
  FileDiff,
  FileRead,
  HistoryEntry,
  Lease,
  ListedFile,
  Message,
  StepEntry,
  Written,
} from '#server/services/workspace/views.ts';
import { anyObject, isoTime, isoTimeOrNull, time } from './values.ts';

const number = z.int().describe('Of what happened in the workspace, in order.');

const heldSchema = z
  .object({
    id: z.string().describe('Of whoever holds it.'),
    name: z.string(),
    patterns: z.array(z.string()),
    since: time,
    until: time.describe('Unless it is renewed.'),
  })
  .meta({ id: 'FileClaimHolder' });

export const presentHeld = ({ holder, name, patterns, since, until }: Lease): z.input<typeof heldSchema> => ({
  ...{ id: holder, name, patterns: [...patterns] },
  ...{ since: isoTime(since), until: isoTime(until) },
});

/** For its holder: with what it is shown by. */
export const leaseSchema = heldSchema
  .extend({
    lease_id: z.uuid(),
    fencing_token: z.int().describe('Higher than any that was given before.'),
  })
  .meta({ id: 'FileLease' });

export const presentLease = (lease: Lease): z.input<typeof leaseSchema> => ({
  ...presentHeld(lease),
  lease_id: lease.leaseId,
  fencing_token: lease.token,
});

/** For people who look on: they may take it away, and cannot write under it. */
export const claimSchema = heldSchema.extend({ lease_id: z.uuid() }).meta({ id: 'FileClaim' });
export const presentClaim = (lease: Lease): z.input<typeof claimSchema> => ({
  ...presentHeld(lease),
  lease_id: lease.leaseId,
});

const versionFields = {
  path: z.string(),
  version: z.int(),
  bytes: z.int(),
  is_text: z.boolean(),
  changed_by: z.string(),
  changed_at: time,
};
type VersionFields = Pick<FileRead, 'path' | 'version' | 'bytes' | 'isText' | 'changedBy' | 'changedAt'>;
const presentVersion = ({ path, version, bytes, isText, changedBy, changedAt }: VersionFields) => ({
  ...{ path, version, bytes, is_text: isText, changed_by: changedBy },
  changed_at: isoTime(changedAt),
});

export const listedFileSchema = z
  .object({ ...versionFields, held_by: heldSchema.nullable() })
  .meta({ id: 'WorkspaceFile' });
export const presentListedFile = (file: ListedFile): z.input<typeof listedFileSchema> => ({
  ...presentVersion(file),
  held_by: file.heldBy && presentHeld(file.heldBy),
});

export const fileSchema = z
  .object({
    ...versionFields,
    sha256: z.string(),
    content: z.string(),
    encoding: z.enum(['text', 'base64']),
    held_by: heldSchema.nullable(),
  })
  .meta({ id: 'WorkspaceFileContent' });
export const presentFile = (file: FileRead): z.input<typeof fileSchema> => ({
  ...presentVersion(file),
  sha256: file.hash ?? '',
  ...('text' in file.content
    ? { content: file.content.text, encoding: 'text' }
    : { content: file.content.base64, encoding: 'base64' }),
  held_by: file.heldBy && presentHeld(file.heldBy),
});

export const writtenSchema = z
  .object({ path: z.string(), version: z.int(), bytes: z.int(), changed_at: time })
  .meta({ id: 'WorkspaceWritten' });
export const presentWritten = ({ path, version, bytes, changedAt }: Written) => ({
  ...{ path, version, bytes },
  changed_at: isoTime(changedAt),
});

export const diffSchema = z
  .object({
    diff: z.string().nullable().describe('Unified; null where one of the two is no text.'),
    diff_is_cut: z.boolean(),
  })
  .meta({ id: 'WorkspaceDiff' });
export const presentDiff = ({ diff, isDiffCut }: FileDiff) => ({ diff, diff_is_cut: isDiffCut });

export const changeSchema = z
  .object({
    seq: number,
    ...versionFields,
    kind: z.enum(CHANGE_KINDS).describe('`carried`: brought over from the run that this one does again.'),
    note: z.string().nullable(),
    stage: z.string().nullable().describe('Whose work it is; null: of somebody from outside the run.'),
    fencing_token: z.int().nullable().describe('That it was written under.'),
  })
  .meta({ id: 'WorkspaceChange' });
export const presentChange = (entry: HistoryEntry): z.input<typeof changeSchema> => ({
  ...presentVersion(entry),
  ...{
    seq: entry.seq,
    kind: entry.kind,
    note: entry.note,
    stage: entry.stageKey,
    fencing_token: entry.token,
  },
});

export const stepSchema = z
  .object({
    seq: number,
    name: z.string(),
    stage: z.string().nullable(),
    level: z.string(),
    message: z.string(),
    fields: anyObject.nullable(),
    at: time,
  })
  .meta({ id: 'WorkspaceStep' });
export const presentStep = ({ stageKey, at, ...step }: StepEntry): z.input<typeof stepSchema> => ({
  ...step,
  stage: stageKey,
  at: isoTime(at),
});

export const messageSchema = z
  .object({
    seq: number,
    from: z.object({ id: z.string(), name: z.string() }),
    to: z.object({ id: z.string(), name: z.string() }).nullable().describe('Null: to all.'),
    body: z.string(),
    at: time,
  })
  .meta({ id: 'WorkspaceMessage' });
export const presentMessage = (message: Message): z.input<typeof messageSchema> => {
  const { seq, from, fromName, to, toName, body, at } = message;
  return {
    ...{ seq, from: { id: from, name: fromName } },
    ...{ to: to === null ? null : { id: to, name: toName ?? to }, body, at: isoTime(at) },
  };
};

export const collaboratorSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    about: z.string().nullable(),
    is_here: z.boolean().describe('It has neither left nor lost the task that it worked on.'),
    joined_at: time,
    seen_at: time,
    left_at: time.nullable(),
  })
  .meta({ id: 'WorkspaceCollaborator' });
export const moreCollaborators = z.int().describe('So many came earlier and are not listed.');
export const presentCollaborator = (one: Collaborator): z.input<typeof collaboratorSchema> => ({
  ...{ id: one.holder, name: one.name, about: one.about, is_here: one.isHere },
  joined_at: isoTime(one.joinedAt),
  seen_at: isoTime(one.seenAt),
  left_at: isoTimeOrNull(one.leftAt),
});

const claimEntrySchema = z
  .object({
    lease_id: z.uuid(),
    name: z.string(),
    patterns: z.array(z.string()),
    at: time,
    ended: z
      .object({ by: z.string().nullable(), reason: z.string().nullable() })
      .nullable()
      .describe('Null: it was made here. Without a name: its holder released it.'),
  })
  .meta({ id: 'WorkspaceClaimEntry' });
const presentClaimEntry = ({ leaseId, name, patterns, at, ended }: ClaimEntry) => ({
  ...{ lease_id: leaseId, name, patterns, ended, at: isoTime(at) },
});

/** One of the four is there, as `type` says. */
export const activitySchema = z
  .object({
    seq: number,
    type: z.enum(['change', 'step', 'message', 'claim']),
    change: changeSchema.optional(),
    step: stepSchema.optional(),
    message: messageSchema.optional(),
    claim: claimEntrySchema.optional(),
  })
  .meta({ id: 'WorkspaceActivity' });
export function presentActivity(activity: Activity): z.input<typeof activitySchema> {
  const { type, seq } = activity;
  switch (activity.type) {
    case 'change':
      return { type, seq, change: presentChange(activity.entry) };
    case 'step':
      return { type, seq, step: presentStep(activity.entry) };
    case 'message':
      return { type, seq, message: presentMessage(activity.entry) };
    case 'claim':
      return { type, seq, claim: presentClaimEntry(activity.entry) };
  }
}
