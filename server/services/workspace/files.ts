import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import type { Place, Writer } from '#db/queries/workspace-enter.ts';
import type { Content } from '#server/agents/workspace/contents.ts';
import { conflictError, conflictOf } from '#server/agents/workspace/desk.ts';
import type { FileDiff, FileRead, Written } from '#server/agents/workspace/files.ts';
import { invalid } from '#server/domain/errors.ts';
import type { Conflict } from '#server/domain/workspace/conflict.ts';
import { MAX_EDITS } from '#server/domain/workspace/edits.ts';
import { type Actor, authoriseAnywhere, mayAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { openedPlaceOf, pathSchema, plainText, whereFields, whoFields, writerOf } from './admit.ts';
import { noteByHand } from './by-hand.ts';

const version = z.int().min(1).max(1_000_000_000);
const wellFormed = z.string().refine((text) => text.isWellFormed(), 'has half a character');
export const leaseSchema = z.strictObject({ id: z.uuid(), token: z.int().min(1) });

const readSchema = z.strictObject({ ...whereFields, path: pathSchema, version: version.optional() });
const diffSchema = z.strictObject({
  ...whereFields,
  path: pathSchema,
  /** 0: before it was there. */
  from: version.or(z.literal(0)),
  to: version,
});
const common = {
  ...whoFields,
  path: pathSchema,
  lease: leaseSchema.optional(),
  note: plainText(500).optional(),
};
const writeSchema = z.strictObject({
  ...common,
  content: z.string(),
  encoding: z.enum(['text', 'base64']).default('text'),
  /** The version that the content was made from; 0: the file is to be new. */
  baseVersion: version.or(z.literal(0)).default(0),
});
const editSchema = z.strictObject({
  ...common,
  edits: z
    .array(z.strictObject({ old: wellFormed.min(1), new: wellFormed, all: z.boolean().optional() }))
    .min(1)
    .max(MAX_EDITS),
  baseVersion: version.optional(),
});
const deleteSchema = z.strictObject({ ...common, baseVersion: version });

export async function readFile(
  services: Services,
  actor: Actor,
  input: z.input<typeof readSchema>,
): Promise<FileRead> {
  authoriseAnywhere(actor, 'workspace.read');
  const { of, ...wanted } = parseInput(readSchema, input);
  const place = await openedPlaceOf(services, actor, { of, what: wanted.path });
  return services.workspaces.files.read(place, wanted);
}

export async function diffFile(
  services: Services,
  actor: Actor,
  input: z.input<typeof diffSchema>,
): Promise<FileDiff> {
  authoriseAnywhere(actor, 'workspace.read');
  const { of, ...wanted } = parseInput(diffSchema, input);
  const place = await openedPlaceOf(services, actor, { of, what: wanted.path });
  return services.workspaces.files.diff(place, wanted);
}

export async function writeFile(
  services: Services,
  actor: Actor,
  input: z.input<typeof writeSchema>,
): Promise<Written> {
  authoriseAnywhere(actor, 'workspace.write');
  const { of, as, epoch, content, encoding, ...request } = parseInput(writeSchema, input);
  const { place, writer } = await writerOf(services, actor, { who: { of, as, epoch } });
  const wanted = { ...request, content: toContent(content, encoding) };
  const written = await services.workspaces.files.write(place, writer, wanted).catch(withoutContents(actor));
  await noteByHand(services, actor, fileNote({ place, writer }, 'workspace.file-written', written));
  return written;
}

export async function editFile(
  services: Services,
  actor: Actor,
  input: z.input<typeof editSchema>,
): Promise<Written & FileDiff> {
  authoriseAnywhere(actor, 'workspace.write');
  const { of, as, epoch, ...request } = parseInput(editSchema, input);
  const { place, writer } = await writerOf(services, actor, {
    ...{ who: { of, as, epoch }, reads: request.path },
  });
  const written = await services.workspaces.files.edit(place, writer, request);
  await noteByHand(services, actor, fileNote({ place, writer }, 'workspace.file-written', written));
  return written;
}

export async function deleteFile(
  services: Services,
  actor: Actor,
  input: z.input<typeof deleteSchema>,
): Promise<Written> {
  authoriseAnywhere(actor, 'workspace.write');
  const { of, as, epoch, ...request } = parseInput(deleteSchema, input);
  const { place, writer } = await writerOf(services, actor, { who: { of, as, epoch } });
  const written = await services.workspaces.files
    .write(place, writer, { ...request, content: null })
    .catch(withoutContents(actor));
  await noteByHand(services, actor, fileNote({ place, writer }, 'workspace.file-removed', written));
  return written;
}

/** A refusal shows what others have changed meanwhile: to those who may read it. */
const withoutContents = (actor: Actor) => (error: unknown) => {
  const conflict = conflictOf(error);
  throw conflict && !mayAnywhere(actor, 'workspace.read') ? conflictError(withoutDiff(conflict)) : error;
};

const withoutDiff = (conflict: Conflict): Conflict =>
  conflict.kind === 'outdated' ? { ...conflict, diff: null, isDiffCut: false } : conflict;

const fileNote = (
  { place, writer }: { place: Place; writer: Writer },
  action: string,
  { path, version }: Written,
) => ({ writer, action, target: place.runId, after: { path, version } });

/** Bytes that are text are kept as text, however they came: so they can be read, edited and compared. */
function toContent(given: string, encoding: 'text' | 'base64'): Content {
  if (encoding === 'text') {
    if (given.isWellFormed()) return { text: given };
    throw invalid('The content has half a character, which no file can hold.');
  }
  const bytes = Buffer.from(given, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== given.replace(/=+$/, ''))
    throw invalid('The content is not base64.', undefined, 'Send it in base64, or as text.');
  return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { base64: given };
}
