import { and, asc, count, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { shownBefore } from '#db/queries/make-once.ts';
import { notificationTargets } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { invalid, notFound, SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, idSchema, makeId, type NotificationTargetId, toUuid } from '#server/domain/ids.ts';
import {
  NOTIFICATION_EVENTS,
  OF_NO_PIPELINE,
  TARGET_KINDS,
  type TargetKind,
} from '#server/domain/notifications.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { TestResult } from '#server/notifications/office.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, makeOnce } from '../make-once.ts';
import { containing, type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { loadPipeline } from '../pipeline/pipeline-view.ts';
import { forgetSecrets, renewSecret } from './signing-secret.ts';
import { loadTarget, type TargetRow, type TargetView, targetForAudit, toTargetView } from './target-view.ts';

const fields = {
  name: z.string().trim().min(1).max(200),
  address: z.string().min(1).max(2048),
  events: z.array(z.enum(NOTIFICATION_EVENTS)).min(1).max(NOTIFICATION_EVENTS.length),
  pipelineId: idSchema('pipe').nullable(),
};
const idOnly = z.strictObject({ id: idSchema('notificationTarget') });
const listSchema = z.strictObject({
  ...pageFields,
  kind: z.enum(TARGET_KINDS).optional(),
  active: z.boolean().optional(),
  pipelineId: idSchema('pipe').optional(),
  /** Part of its name. */
  search: z.string().max(200).optional(),
});
const createSchema = z.strictObject({
  ...fields,
  kind: z.enum(TARGET_KINDS),
  pipelineId: fields.pipelineId.default(null),
  idempotencyKey: idempotencyKeySchema.optional(),
});
type Asked = Omit<z.output<typeof createSchema>, 'idempotencyKey'>;
const updateSchema = z.strictObject({
  ...z.object(fields).partial().shape,
  ...idOnly.shape,
  active: z.boolean().optional(),
});

/** Each run that ends asks all of them whether they listen. */
const MAX_TARGETS = 200;

export async function listTargets(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<TargetView>> {
  authorise(actor, 'notification.read');
  const { limit, cursor, kind, active, pipelineId, search } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: 'notification-targets' };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(notificationTargets)
      .where(
        and(
          eq(notificationTargets.orgId, toUuid(actor.orgId)),
          after === undefined ? undefined : gt(notificationTargets.id, after),
          kind === undefined ? undefined : eq(notificationTargets.kind, kind),
          active === undefined ? undefined : eq(notificationTargets.active, active),
          pipelineId === undefined ? undefined : eq(notificationTargets.pipelineId, toUuid(pipelineId)),
          containing(search, [notificationTargets.name]),
        ),
      )
      .orderBy(asc(notificationTargets.id))
      .limit(limit + 1),
  );
  return toPage(rows, paging, { placeOf: ({ id }) => [id], toItems: (row) => toTargetView(actor, row) });
}

export interface NewTarget extends TargetView {
  /** Null: its messages are not signed. */
  secret: string | null;
  /** False: the same request has made it before. */
  isNew: boolean;
}

/** With the secret that its messages are signed with, if it is a webhook: it is shown here only. */
export async function createTarget(
  services: Services,
  actor: Actor,
  input: z.input<typeof createSchema>,
): Promise<NewTarget> {
  authorise(actor, 'notification.manage');
  const { idempotencyKey, ...given } = parseInput(createSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    let secret: string | null = null;
    const { id, isNew } = await makeOnce(tx, actor, {
      key: idempotencyKey,
      request: { notificationTarget: given },
      async make() {
        const made = await insertTarget(tx, services, { actor, given });
        secret = made.secret;
        return { id: made.id, isNew: true };
      },
    });
    if (!isNew && given.kind === 'webhook') throw shownBefore(id, 'Rotate its secret to be shown a new one.');
    return { ...toTargetView(actor, await loadTarget(tx, id)), secret, isNew };
  });
}

async function insertTarget(
  tx: TenantTransaction,
  services: Services,
  { actor, given }: { actor: Actor; given: Asked },
): Promise<{ id: NotificationTargetId; secret: string | null }> {
  const [{ known } = { known: 0 }] = await tx.select({ known: count() }).from(notificationTargets);
  if (known >= MAX_TARGETS) throw tooMany();
  await check(tx, given);
  const id = makeId('notificationTarget', services.newUuid());
  const [row] = await tx
    .insert(notificationTargets)
    .values({
      ...given,
      id: toUuid(id),
      orgId: toUuid(actor.orgId),
      pipelineId: given.pipelineId && toUuid(given.pipelineId),
    })
    .returning();
  if (!row) throw new Error('the target wrote no row');
  const signing = { orgId: actor.orgId, scope: toUuid(id) };
  const renewed = given.kind === 'webhook' ? await renewSecret(tx, services, signing) : null;
  await noteIn(
    tx,
    auditNote(actor, 'notification-target.created', { target: id, after: targetForAudit(row) }),
  );
  return { id, secret: renewed?.secret ?? null };
}

export async function updateTarget(
  services: Services,
  actor: Actor,
  input: z.input<typeof updateSchema>,
): Promise<TargetView> {
  authorise(actor, 'notification.manage');
  const { id, pipelineId, ...given } = parseInput(updateSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const before = await loadTarget(tx, id);
    const pipeline =
      pipelineId === undefined ? before.pipelineId && fromUuid('pipe', before.pipelineId) : pipelineId;
    await check(tx, { ...before, ...given, pipelineId: pipeline });
    const [row] = await tx
      .update(notificationTargets)
      .set({
        ...given,
        pipelineId: pipeline && toUuid(pipeline),
        // Whoever switches it, on or off, has the last word about why.
        ...(given.active === undefined ? {} : { offReason: null }),
      })
      .where(eq(notificationTargets.id, toUuid(id)))
      .returning();
    if (!row) throw notFound('notification target', id);
    const note = { target: id, before: targetForAudit(before), after: targetForAudit(row) };
    await noteIn(tx, auditNote(actor, 'notification-target.changed', note));
    return toTargetView(actor, row);
  });
}

/** What was still to be sent to it is given up; what was sent stays in the list. */
export async function deleteTarget(
  services: Services,
  actor: Actor,
  input: z.input<typeof idOnly>,
): Promise<void> {
  authorise(actor, 'notification.manage');
  const { id } = parseInput(idOnly, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const [gone] = await tx
      .delete(notificationTargets)
      .where(eq(notificationTargets.id, toUuid(id)))
      .returning();
    if (!gone) throw notFound('notification target', id);
    await forgetSecrets(tx, { orgId: actor.orgId, scope: toUuid(id) });
    await noteIn(
      tx,
      auditNote(actor, 'notification-target.deleted', { target: id, before: targetForAudit(gone) }),
    );
  });
}

export async function testTarget(
  services: Services,
  actor: Actor,
  input: z.input<typeof idOnly>,
): Promise<TestResult> {
  authorise(actor, 'notification.manage');
  const { id } = parseInput(idOnly, input);
  const { kind, address } = await inTenant(services.db, actor.orgId, (tx) => loadTarget(tx, id));
  const result = await services.notifications.test({
    id: toUuid(id),
    orgId: toUuid(actor.orgId),
    kind,
    address,
  });
  await services.record(actor, 'notification-target.tested', {
    target: id,
    after: { delivered: result.delivered },
  });
  return result;
}

const addressSchemas: Record<TargetKind, z.ZodType> = {
  webhook: z.url({ protocol: /^https?$/ }),
  email: z.email(),
};

async function check(
  tx: TenantTransaction,
  target: Pick<TargetRow, 'kind' | 'address' | 'pipelineId'> & { events: string[] },
): Promise<void> {
  const { kind, address, events, pipelineId } = target;
  if (!addressSchemas[kind].safeParse(address).success) {
    throw invalid(
      kind === 'webhook'
        ? 'The address of a webhook must be an http or https URL.'
        : 'The address of a mail must be one mail address.',
    );
  }
  if (pipelineId === null) return;
  const alone = OF_NO_PIPELINE.find((event) => events.includes(event));
  if (alone !== undefined) {
    throw invalid(
      `A target of one pipeline cannot listen to ${alone}, which belongs to none.`,
      undefined,
      'Leave the pipeline out, or make a target of its own for it.',
    );
  }
  await loadPipeline(tx, fromUuid('pipe', toUuid(pipelineId)));
}

function tooMany(): SignalboxError {
  return new SignalboxError('LIMITED', `There are ${MAX_TARGETS} notification targets already.`, {
    advice: 'Delete some that nobody needs.',
  });
}
