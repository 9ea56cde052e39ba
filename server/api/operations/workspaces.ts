import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import {
  followActivity,
  getWorkspace,
  listFiles,
  listHistory,
  listSteps,
} from '#server/services/workspace/browse.ts';
import { deleteFile, diffFile, editFile, readFile, writeFile } from '#server/services/workspace/files.ts';
import { forceRelease } from '#server/services/workspace/leases.ts';
import { listMessages, sendMessage } from '#server/services/workspace/talk.ts';
import { nextCursor } from '../wire/values.ts';
import {
  activitySchema,
  changeSchema,
  claimSchema,
  collaboratorSchema,
  diffSchema,
  fileSchema,
  listedFileSchema,
  messageSchema,
  moreCollaborators,
  presentActivity,
  presentChange,
  presentClaim,
  presentCollaborator,
  presentDiff,
  presentFile,
  presentListedFile,
  presentMessage,
  presentStep,
  presentWritten,
  stepSchema,
  writtenSchema,
} from '../wire/workspace.ts';
import { EXAMPLE } from './examples.ts';
import { idempotencyKey, limitField, pageInput } from './fields.ts';
import { operation, reply } from './operation.ts';

const ofRun = { id: idSchema('run') };
const path = z.string().min(1).max(4096).describe('Folders are divided by `/`.');
const baseVersion = z
  .int()
  .min(0)
  .describe('The version that the change was made from; 0: the file is to be new.');
const after = z.int().min(0).default(0).describe('The last number seen; 0 reads from the start.');
const note = z.string().min(1).max(500).optional().describe('Why, for the history.');
const run = EXAMPLE.workspaceRun;

export const workspaces = {
  get: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/workspace',
    summary: 'Get the workspace of a run',
    description: 'How full it is, who works in it, and which files they hold.',
    input: z.strictObject(ofRun),
    output: z.object({
      seq: z.int().describe('Number of the last thing that happened in it.'),
      files: z.int(),
      bytes: z.int().describe('With all versions, steps and messages.'),
      limits: z.object({ max_bytes: z.int(), max_files: z.int(), file_max_bytes: z.int() }),
      claims: z.array(claimSchema),
      collaborators: z.array(collaboratorSchema),
      more_collaborators: moreCollaborators,
    }),
    errors: ['NOT_FOUND'],
    example: { id: run },
    async handle({ services, actor }, { id }) {
      const view = await getWorkspace(services, actor, { of: id });
      const { maxBytes, maxFiles, fileMaxBytes } = view.limits;
      return {
        ...{ seq: view.seq, files: view.files, bytes: view.bytes },
        limits: { max_bytes: maxBytes, max_files: maxFiles, file_max_bytes: fileMaxBytes },
        claims: view.claims.map(presentClaim),
        collaborators: view.collaborators.map(presentCollaborator),
        more_collaborators: view.moreCollaborators,
      };
    },
  }),

  files: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/workspace/files',
    summary: 'List the files of a workspace',
    description: 'By name, with who holds them.',
    input: z.strictObject({
      ...ofRun,
      ...pageInput,
      glob: z.string().min(1).max(4096).optional().describe('`*` within a folder, `**` across, `?` one.'),
      before_stage: z
        .string()
        .min(1)
        .max(63)
        .optional()
        .describe('As they stood before this stage: as a replay that begins with it finds them.'),
      replay_version: z
        .enum(['original', 'newest'])
        .optional()
        .describe(
          'Of which version of the pipeline that stage and that replay are; left out: of that of the run.',
        ),
    }),
    output: z.object({ files: z.array(listedFileSchema), next_cursor: nextCursor }),
    errors: ['NOT_FOUND'],
    example: { id: run, glob: '**/*.md' },
    async handle({ services, actor }, { id, before_stage, replay_version, ...wanted }) {
      const moment = { beforeStage: before_stage, replayVersion: replay_version };
      const page = await listFiles(services, actor, { of: id, ...moment, ...wanted });
      return { files: page.items.map(presentListedFile), next_cursor: page.nextCursor };
    },
  }),

  file: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/workspace/file',
    summary: 'Read a file of a workspace',
    input: z.strictObject({
      ...ofRun,
      path,
      version: z.int().min(1).optional().describe('Left out: the newest.'),
    }),
    output: fileSchema,
    errors: ['NOT_FOUND'],
    example: { id: run, path: 'notes.md' },
    handle: async ({ services, actor }, { id, ...wanted }) =>
      presentFile(await readFile(services, actor, { of: id, ...wanted })),
  }),

  write: operation({
    method: 'PUT',
    path: '/api/v1/runs/{id}/workspace/file',
    summary: 'Write a file of a workspace',
    description:
      'Refused with 409 and `conflict` where somebody else was quicker (who, when, and the diff) or holds the file.',
    input: z.strictObject({
      ...ofRun,
      path,
      content: z.string(),
      encoding: z.enum(['text', 'base64']).optional(),
      base_version: baseVersion,
      note,
    }),
    output: writtenSchema,
    errors: ['NOT_FOUND', 'CONFLICT', 'TOO_LARGE'],
    example: { id: run, path: EXAMPLE.newName, content: 'a first draft\n', base_version: 0 },
    async handle({ services, actor }, { id, base_version, ...rest }) {
      const request = { of: id, ...rest, baseVersion: base_version };
      return presentWritten(await writeFile(services, actor, request));
    },
  }),

  edit: operation({
    method: 'PATCH',
    path: '/api/v1/runs/{id}/workspace/file',
    summary: 'Edit a file of a workspace',
    description: 'Each edit names a text that is in the file once, and what takes its place. All or none.',
    input: z.strictObject({
      ...ofRun,
      path,
      edits: z
        .array(z.strictObject({ old: z.string().min(1), new: z.string(), all: z.boolean().optional() }))
        .min(1)
        .max(100),
      base_version: baseVersion.optional(),
      note,
    }),
    output: writtenSchema.extend(diffSchema.shape).meta({ id: 'WorkspaceEdited' }),
    errors: ['NOT_FOUND', 'CONFLICT', 'TOO_LARGE'],
    example: { id: run, path: 'notes.md', edits: [{ old: 'draft', new: 'second draft' }] },
    async handle({ services, actor }, { id, base_version, ...rest }) {
      const edited = await editFile(services, actor, { of: id, ...rest, baseVersion: base_version });
      return { ...presentWritten(edited), ...presentDiff(edited) };
    },
  }),

  remove: operation({
    method: 'DELETE',
    path: '/api/v1/runs/{id}/workspace/file',
    summary: 'Delete a file of a workspace',
    description: 'Its versions stay.',
    input: z.strictObject({ ...ofRun, path, base_version: z.int().min(1) }),
    output: writtenSchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: run, path: 'old.md', base_version: 1 },
    async handle({ services, actor }, { id, path, base_version }) {
      const request = { of: id, path, baseVersion: base_version };
      return presentWritten(await deleteFile(services, actor, request));
    },
  }),

  history: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/workspace/history',
    summary: 'List the versions of the files of a workspace',
    description: 'Newest first, of one file or of all.',
    input: z.strictObject({ ...ofRun, ...pageInput, path: path.optional() }),
    output: z.object({ changes: z.array(changeSchema), next_cursor: nextCursor }),
    errors: ['NOT_FOUND'],
    example: { id: run, path: 'notes.md' },
    async handle({ services, actor }, { id, ...wanted }) {
      const page = await listHistory(services, actor, { of: id, ...wanted });
      return { changes: page.items.map(presentChange), next_cursor: page.nextCursor };
    },
  }),

  diff: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/workspace/diff',
    summary: 'Compare two versions of a file of a workspace',
    input: z.strictObject({
      ...ofRun,
      path,
      from: z.int().min(0).describe('0: before the file was there.'),
      to: z.int().min(1),
    }),
    output: diffSchema,
    errors: ['NOT_FOUND'],
    example: { id: run, path: 'notes.md', from: 0, to: 1 },
    handle: async ({ services, actor }, { id, ...wanted }) =>
      presentDiff(await diffFile(services, actor, { of: id, ...wanted })),
  }),

  activity: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/workspace/activity',
    summary: 'Follow what happens in a workspace',
    description:
      'Changes, steps, messages and claims in order; go on with the last `seq` as `after`. What has one number comes together, even if that is more than `limit`. With `wait_ms` it answers when something happens.',
    input: z.strictObject({
      ...ofRun,
      after,
      limit: limitField(500, 100),
      wait_ms: z.int().min(0).max(25_000).optional(),
    }),
    output: z.object({ activity: z.array(activitySchema) }),
    errors: ['NOT_FOUND'],
    example: { id: run },
    async handle({ services, actor, signal }, { id, wait_ms, ...wanted }) {
      const input = { of: id, ...wanted, waitMs: wait_ms };
      return { activity: (await followActivity(services, actor, { input, signal })).map(presentActivity) };
    },
  }),

  steps: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/workspace/steps',
    summary: 'Read what those who work in a workspace have logged',
    input: z.strictObject({ ...ofRun, after, limit: limitField(500, 100) }),
    output: z.object({ steps: z.array(stepSchema) }),
    errors: ['NOT_FOUND'],
    example: { id: run },
    handle: async ({ services, actor }, { id, ...wanted }) => ({
      steps: (await listSteps(services, actor, { of: id, ...wanted })).map(presentStep),
    }),
  }),

  messages: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/workspace/messages',
    summary: 'Read the messages of a workspace',
    description: 'All of them, whomever to.',
    input: z.strictObject({ ...ofRun, after, limit: limitField(500, 100) }),
    output: z.object({ messages: z.array(messageSchema) }),
    errors: ['NOT_FOUND'],
    example: { id: run },
    handle: async ({ services, actor }, { id, ...wanted }) => ({
      messages: (await listMessages(services, actor, { of: id, ...wanted })).map(presentMessage),
    }),
  }),

  send: operation({
    method: 'POST',
    path: '/api/v1/runs/{id}/workspace/messages',
    summary: 'Send a message to those who work in a workspace',
    input: z.strictObject({
      ...ofRun,
      to: z.string().min(1).max(512).optional().describe('The id or name of one; left out: to all.'),
      body: z.string().min(1).max(16_384),
      idempotency_key: idempotencyKey,
    }),
    output: z.object({ seq: z.int() }),
    status: 201,
    errors: ['NOT_FOUND', 'CONFLICT', 'TOO_LARGE'],
    example: { id: run, body: 'Please leave the summary to me.' },
    async handle({ services, actor }, { id, idempotency_key, ...message }) {
      const letter = { of: id, ...message, idempotencyKey: idempotency_key };
      const { seq, isNew } = await sendMessage(services, actor, letter);
      return reply({ seq }, isNew ? {} : { status: 200 });
    },
  }),

  forceRelease: operation({
    method: 'POST',
    path: '/api/v1/runs/{id}/workspace/claims/{lease_id}/force-release',
    summary: 'Take a claim from whoever holds it',
    description: 'What they write under it from then on is refused. The audit keeps the reason.',
    input: z.strictObject({ ...ofRun, lease_id: z.uuid(), reason: z.string().min(1).max(500) }),
    output: claimSchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: run, lease_id: EXAMPLE.claim, reason: 'Its agent hangs.' },
    async handle({ services, actor }, { id, lease_id, reason }) {
      const order = { of: id, leaseId: lease_id, reason };
      return presentClaim(await forceRelease(services, actor, order));
    },
  }),
};
