import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { DELIVERY_STATES, TARGET_KINDS } from '#server/domain/notifications.ts';
import { DELIVERED_EVENTS, listDeliveries, redeliver } from '#server/services/notification/deliveries.ts';
import { rotateSecret } from '#server/services/notification/signing-secret.ts';
import {
  createTarget,
  deleteTarget,
  listTargets,
  testTarget,
  updateTarget,
} from '#server/services/notification/targets.ts';
import {
  deliverySchema,
  eventsField,
  notificationTargetSchema,
  presentDelivery,
  presentSigningSecret,
  presentTarget,
  signingSecretSchema,
} from '../wire/notification.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { createdInput, idempotencyKey, orderInput, pageInput, shownOnce, withCreated } from './fields.ts';
import { created, operation } from './operation.ts';

const oneTarget = z.strictObject({ id: idSchema('notificationTarget') });
const name = z.string().trim().min(1).max(200);
const address = z.string().min(1).max(2048).describe('A URL, or a mail address.');
const pipelineId = idSchema('pipe').nullable().optional().describe('Null: all pipelines.');

export const notificationTargets = {
  list: operation({
    method: 'GET',
    path: '/api/v1/notification-targets',
    summary: 'List who is told of what',
    input: z.strictObject({
      ...pageInput,
      kind: z.enum(TARGET_KINDS).optional(),
      active: z.boolean().optional(),
      pipeline_id: idSchema('pipe').optional(),
      search: z.string().max(200).optional().describe('Part of its name.'),
    }),
    output: z.object({ targets: z.array(notificationTargetSchema), next_cursor: nextCursor }),
    example: { limit: 20 },
    async handle({ services, actor }, { pipeline_id, ...input }) {
      const page = await listTargets(services, actor, { ...input, pipelineId: pipeline_id });
      return { targets: page.items.map(presentTarget), next_cursor: page.nextCursor };
    },
  }),

  create: operation({
    method: 'POST',
    path: '/api/v1/notification-targets',
    summary: 'Have somebody told',
    description: `The secret that signs its messages, if it is a webhook, is shown here only. ${shownOnce}`,
    input: z.strictObject({
      name,
      kind: z.enum(TARGET_KINDS),
      address,
      events: eventsField,
      pipeline_id: pipelineId,
      idempotency_key: idempotencyKey,
    }),
    isSecret: true,
    output: notificationTargetSchema.extend({ secret: z.string().nullable() }),
    status: 201,
    errors: ['NOT_FOUND', 'CONFLICT', 'LIMITED'],
    example: {
      name: 'on-call',
      kind: 'webhook',
      address: 'https://hooks.example.com/signalbox',
      events: ['run.failed', 'run.waiting', 'agent.lost'],
    },
    async handle({ services, actor }, { pipeline_id, idempotency_key, ...given }) {
      const { isNew, ...target } = await createTarget(services, actor, {
        ...given,
        pipelineId: pipeline_id ?? null,
        idempotencyKey: idempotency_key,
      });
      return created(
        { ...presentTarget(target), secret: target.secret },
        `/api/v1/notification-targets/${target.id}`,
        isNew,
      );
    },
  }),

  update: operation({
    method: 'PATCH',
    path: '/api/v1/notification-targets/{id}',
    summary: 'Change a notification target, or switch it on or off',
    input: oneTarget.extend({
      name: name.optional(),
      address: address.optional(),
      events: eventsField.optional(),
      pipeline_id: pipelineId,
      active: z.boolean().optional(),
    }),
    output: notificationTargetSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.notificationTarget, events: ['run.failed'], active: true },
    async handle({ services, actor }, { pipeline_id, ...given }) {
      return presentTarget(await updateTarget(services, actor, { ...given, pipelineId: pipeline_id }));
    },
  }),

  delete: operation({
    method: 'DELETE',
    path: '/api/v1/notification-targets/{id}',
    summary: 'Delete a notification target',
    input: oneTarget,
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.notificationTarget },
    handle: ({ services, actor }, input) => deleteTarget(services, actor, input).then(() => undefined),
  }),

  rotateSecret: operation({
    method: 'POST',
    path: '/api/v1/notification-targets/{id}/rotate-secret',
    summary: "Replace a webhook's signing secret",
    description: 'For a day messages are signed with those before it too.',
    input: oneTarget,
    isSecret: true,
    output: signingSecretSchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.notificationTarget },
    handle: async ({ services, actor }, input) =>
      presentSigningSecret(await rotateSecret(services, actor, input)),
  }),

  rotateDefaultSecret: operation({
    method: 'POST',
    path: '/api/v1/notification-secret/rotate',
    summary: 'Replace the secret that signs webhooks which runs name themselves',
    description:
      'The first call shows the first secret. For a day messages are signed with those before it too.',
    input: z.strictObject({}),
    isSecret: true,
    output: signingSecretSchema,
    errors: ['CONFLICT'],
    example: {},
    handle: async ({ services, actor }) => presentSigningSecret(await rotateSecret(services, actor, {})),
  }),

  test: operation({
    method: 'POST',
    path: '/api/v1/notification-targets/{id}/test',
    summary: 'Send a test event now',
    description: 'Answers with what came back. What the receiver wrote is not shown.',
    input: oneTarget,
    output: z.object({
      delivery_id: idSchema('delivery'),
      delivered: z.boolean(),
      status: z.int().nullable(),
      error: z.string().nullable(),
      latency_ms: z.int(),
    }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.notificationTarget },
    async handle({ services, actor }, input) {
      const { deliveryId, ms, ...result } = await testTarget(services, actor, input);
      return { ...result, delivery_id: deliveryId, latency_ms: ms };
    },
  }),
};

export const notificationDeliveries = {
  list: operation({
    method: 'GET',
    path: '/api/v1/notification-deliveries',
    summary: 'List what was told to whom, and what came of it',
    description: 'Newest first, unless asked otherwise.',
    input: z.strictObject({
      ...pageInput,
      run_id: idSchema('run').optional(),
      target_id: idSchema('notificationTarget').optional(),
      state: z.enum(DELIVERY_STATES).optional(),
      kind: z.enum(TARGET_KINDS).optional(),
      event: z.enum(DELIVERED_EVENTS).optional(),
      ...createdInput,
      order: orderInput,
    }),
    output: z.object({ deliveries: z.array(deliverySchema), next_cursor: nextCursor }),
    example: { limit: 20, state: 'given-up' },
    async handle({ services, actor }, { run_id, target_id, ...rest }) {
      const page = await listDeliveries(services, actor, {
        ...withCreated(rest),
        ...{ runId: run_id, targetId: target_id },
      });
      return { deliveries: page.items.map(presentDelivery), next_cursor: page.nextCursor };
    },
  }),

  redeliver: operation({
    method: 'POST',
    path: '/api/v1/notification-deliveries/{id}/redeliver',
    summary: 'Send a notification again',
    description: 'The same message under the same id, with all its tries before it.',
    input: z.strictObject({ id: idSchema('delivery') }),
    output: deliverySchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.delivery },
    handle: async ({ services, actor }, input) => presentDelivery(await redeliver(services, actor, input)),
  }),
};
