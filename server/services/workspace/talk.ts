import { z } from 'zod';
import type { Collaborator, Company, Message, Sent } from '#server/agents/workspace/talk.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import { LOG_LEVELS } from '#server/domain/messages.ts';
import { type Actor, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, onceOf } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';
import { openedPlaceOf, placeOf, plainText, whereFields, whoFields, writerOf } from './admit.ts';
import { noteByHand } from './by-hand.ts';

const listSchema = z.strictObject(whereFields);
const joinSchema = z.strictObject({ ...whoFields, about: plainText(500).optional() });
const leaveSchema = z.strictObject(whoFields);
const stepSchema = z.strictObject({
  ...whoFields,
  message: plainText(4_000),
  level: z.enum(LOG_LEVELS).default('info'),
  fields: jsonObjectSchema
    .refine((fields) => JSON.stringify(fields).length <= 16_384, 'may have 16 kB')
    .optional(),
});
const sendSchema = z.strictObject({
  ...whoFields,
  /** A collaborator's id, or its name where only one has it; left out: to all. */
  to: z.string().min(1).max(512).optional(),
  body: plainText(16_384),
  idempotencyKey: idempotencyKeySchema.optional(),
});
const inboxSchema = z.strictObject({
  ...whoFields,
  /** Messages up to this number are not shown again. */
  seen: z.int().min(0).optional(),
  limit: z.int().min(1).max(200).default(50),
});
const messagesSchema = z.strictObject({
  ...whereFields,
  after: z.int().min(0).default(0),
  limit: z.int().min(1).max(500).default(100),
});

export async function joinWorkspace(
  services: Services,
  actor: Actor,
  input: z.input<typeof joinSchema>,
): Promise<Company & { me: string }> {
  authoriseAnywhere(actor, 'workspace.write');
  const { about, ...who } = parseInput(joinSchema, input);
  const { place, writer } = await writerOf(services, actor, { who });
  return { me: writer.holder, ...(await services.workspaces.talk.join(place, writer, about ?? null)) };
}

/** Everything that it has claimed is free again. */
export async function leaveWorkspace(
  services: Services,
  actor: Actor,
  input: z.input<typeof leaveSchema>,
): Promise<{ released: number }> {
  authoriseAnywhere(actor, 'workspace.write');
  const { place, writer } = await writerOf(services, actor, { who: parseInput(leaveSchema, input) });
  return services.workspaces.talk.leave(place, writer);
}

export async function listCollaborators(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Collaborator[]> {
  authoriseAnywhere(actor, 'workspace.read');
  const { of } = parseInput(listSchema, input);
  return (await services.workspaces.talk.company(await placeOf(services, actor, of))).collaborators;
}

export async function logStep(
  services: Services,
  actor: Actor,
  input: z.input<typeof stepSchema>,
): Promise<{ seq: number }> {
  authoriseAnywhere(actor, 'workspace.write');
  const { of, as, epoch, ...step } = parseInput(stepSchema, input);
  const { place, writer } = await writerOf(services, actor, { who: { of, as, epoch } });
  return services.workspaces.talk.logStep(place, writer, step);
}

export async function sendMessage(
  services: Services,
  actor: Actor,
  input: z.input<typeof sendSchema>,
): Promise<Sent> {
  authoriseAnywhere(actor, 'workspace.write');
  const { to, body, idempotencyKey: key, ...who } = parseInput(sendSchema, input);
  const { place, writer } = await writerOf(services, actor, { who });
  const request = { message: { run: place.runId, from: writer.holder, to, body } };
  const once = onceOf(actor, { key, request });
  const sent = await services.workspaces.talk.send(place, writer, { to: to ?? null, body, once });
  // What was said stands in the workspace, where not everybody may read it who reads the audit.
  const after = { seq: sent.seq, to: to ?? null };
  const note = { writer, action: 'workspace.message-sent', target: place.runId, after };
  if (sent.isNew) await noteByHand(services, actor, note);
  return sent;
}

export async function readInbox(
  services: Services,
  actor: Actor,
  input: z.input<typeof inboxSchema>,
): Promise<Message[]> {
  authoriseAnywhere(actor, 'workspace.write');
  const { seen, limit, ...who } = parseInput(inboxSchema, input);
  const { place, writer } = await writerOf(services, actor, { who, reads: 'messages' });
  return services.workspaces.talk.inbox(place, writer, { seen, limit });
}

/** Whomever to: for people who look on. */
export async function listMessages(
  services: Services,
  actor: Actor,
  input: z.input<typeof messagesSchema>,
): Promise<Message[]> {
  authoriseAnywhere(actor, 'workspace.read');
  const { of, ...wanted } = parseInput(messagesSchema, input);
  const place = await openedPlaceOf(services, actor, { of, what: 'messages' });
  return services.workspaces.browse.messages(place, wanted);
}
