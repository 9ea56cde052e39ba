import { z } from 'zod';
import { listFiles, listHistory } from '#server/services/workspace/browse.ts';
import { deleteFile, editFile, readFile, writeFile } from '#server/services/workspace/files.ts';
import { EXAMPLE } from '../operations/examples.ts';
import { pageInput } from '../operations/fields.ts';
import { nextCursor } from '../wire/values.ts';
import {
  changeSchema,
  diffSchema,
  fileSchema,
  listedFileSchema,
  presentChange,
  presentDiff,
  presentFile,
  presentListedFile,
  presentWritten,
  writtenSchema,
} from '../wire/workspace.ts';
import { tool } from './tool.ts';
import {
  actingFields,
  EXAMPLE_TASK,
  leaseFieldsIfAny,
  leaseOf,
  noteField,
  pathField,
  taskField,
  whoOf,
} from './workspace-fields.ts';

const changing = { ...actingFields, path: pathField, ...leaseFieldsIfAny, note: noteField };

export const fileTools = [
  tool({
    name: 'file_list',
    title: 'List shared files',
    description:
      'Lists the files that those who work on this task share, with their versions and who holds which. Begin here.',
    kind: 'reads',
    icon: 'file',
    needs: ['workspace.read'],
    input: z.strictObject({
      ...taskField,
      glob: z
        .string()
        .min(1)
        .max(4096)
        .optional()
        .describe('* within a folder, ** across folders, ? one character.'),
      ...pageInput,
    }),
    output: z.object({ files: z.array(listedFileSchema), next_cursor: nextCursor }),
    example: { task_id: EXAMPLE_TASK, glob: '**/*.md' },
    async handle({ services, actor }, { task_id, ...wanted }) {
      const page = await listFiles(services, actor, { of: task_id, ...wanted });
      return { files: page.items.map(presentListedFile), next_cursor: page.nextCursor };
    },
  }),

  tool({
    name: 'file_read',
    title: 'Read a shared file',
    description: 'Reads a file with its version. Send that version as base_version when you change the file.',
    kind: 'reads',
    icon: 'file',
    needs: ['workspace.read'],
    input: z.strictObject({
      ...taskField,
      path: pathField,
      version: z.int().min(1).optional().describe('Left out: the newest.'),
    }),
    output: fileSchema,
    example: { task_id: EXAMPLE_TASK, path: 'notes.md' },
    handle: async ({ services, actor }, { task_id, ...wanted }) =>
      presentFile(await readFile(services, actor, { of: task_id, ...wanted })),
  }),

  tool({
    name: 'file_write',
    title: 'Write a shared file',
    description:
      'Writes the whole file. Nobody is ever overwritten: if somebody else has changed it since base_version, or holds it, nothing is written and you are told who, since when and what they changed. For a small change use file_edit.',
    kind: 'makes',
    icon: 'file',
    needs: ['workspace.write'],
    input: z.strictObject({
      ...changing,
      content: z.string(),
      encoding: z.enum(['text', 'base64']).optional(),
      base_version: z
        .int()
        .min(0)
        .optional()
        .describe('The version you have read; 0 or left out: the file is new.'),
    }),
    output: writtenSchema,
    example: { task_id: EXAMPLE_TASK, as: 'writer', path: EXAMPLE.newName, content: 'a first draft\n' },
    async handle({ services, actor }, input) {
      const { path, content, encoding, base_version, note } = input;
      const request = { ...whoOf(input), path, content, encoding, note, lease: leaseOf(input) };
      return presentWritten(await writeFile(services, actor, { ...request, baseVersion: base_version }));
    },
  }),

  tool({
    name: 'file_edit',
    title: 'Edit a shared file',
    description:
      'Replaces exact pieces of text. Each `old` must be in the file once (or say `all`); all edits are made or none. Without base_version they are made on the newest version, so that edits of different places by several agents all come through.',
    kind: 'makes',
    icon: 'file',
    needs: ['workspace.write', 'workspace.read'],
    input: z.strictObject({
      ...changing,
      edits: z
        .array(z.strictObject({ old: z.string().min(1), new: z.string(), all: z.boolean().optional() }))
        .min(1)
        .max(100),
      base_version: z.int().min(1).optional().describe('Refuse if the file has another version by now.'),
    }),
    output: writtenSchema.extend(diffSchema.shape),
    example: { task_id: EXAMPLE_TASK, path: 'notes.md', edits: [{ old: 'draft', new: 'second draft' }] },
    async handle({ services, actor }, input) {
      const { path, edits, base_version, note } = input;
      const request = { ...whoOf(input), path, edits, note, lease: leaseOf(input) };
      const edited = await editFile(services, actor, { ...request, baseVersion: base_version });
      return { ...presentWritten(edited), ...presentDiff(edited) };
    },
  }),

  tool({
    name: 'file_delete',
    title: 'Delete a shared file',
    description: 'Deletes a file. Its versions stay and can still be read.',
    kind: 'ends',
    icon: 'file',
    needs: ['workspace.write'],
    input: z.strictObject({
      ...changing,
      base_version: z.int().min(1).describe('The version you have read.'),
    }),
    output: writtenSchema,
    example: { task_id: EXAMPLE_TASK, path: 'old.md', base_version: 1 },
    async handle({ services, actor }, input) {
      const { path, base_version, note } = input;
      const request = { ...whoOf(input), path, note, lease: leaseOf(input), baseVersion: base_version };
      return presentWritten(await deleteFile(services, actor, request));
    },
  }),

  tool({
    name: 'file_history',
    title: 'History of shared files',
    description: 'Lists who changed what, newest first: of one file, or of all. file_read reads any version.',
    kind: 'reads',
    icon: 'file',
    needs: ['workspace.read'],
    input: z.strictObject({ ...taskField, path: pathField.optional(), ...pageInput }),
    output: z.object({ changes: z.array(changeSchema), next_cursor: nextCursor }),
    example: { task_id: EXAMPLE_TASK, path: 'notes.md' },
    async handle({ services, actor }, { task_id, ...wanted }) {
      const page = await listHistory(services, actor, { of: task_id, ...wanted });
      return { changes: page.items.map(presentChange), next_cursor: page.nextCursor };
    },
  }),
] as const;
