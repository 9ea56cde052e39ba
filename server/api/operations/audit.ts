import { z } from 'zod';
import { exportAudit } from '#server/services/audit/export.ts';
import { listAudit } from '#server/services/audit/list.ts';
import { verifyAuditLog } from '#server/services/audit/verify.ts';
import {
  auditEntrySchema,
  presentAuditEntry,
  presentVerification,
  verificationSchema,
} from '../wire/audit.ts';
import { nextCursor, time } from '../wire/values.ts';
import { orderInput, pageInput } from './fields.ts';
import { operation, rawOperation } from './operation.ts';

export const audit = {
  list: operation({
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'List who did what',
    description: 'Newest first, unless asked otherwise. Entries are never changed or removed.',
    input: z.strictObject({
      ...pageInput,
      actor_id: z.string().max(128).optional(),
      action: z.string().max(128).optional().describe('Such as `run.started`.'),
      target: z.string().max(256).optional().describe('The id of what it was done to.'),
      from: time.optional(),
      until: time.optional(),
      order: orderInput,
    }),
    output: z.object({ entries: z.array(auditEntrySchema), next_cursor: nextCursor }),
    example: { action: 'run.started' },
    async handle({ services, actor }, { actor_id, ...input }) {
      const page = await listAudit(services, actor, { ...input, actorId: actor_id });
      return { entries: page.items.map(presentAuditEntry), next_cursor: page.nextCursor };
    },
  }),

  verify: operation({
    method: 'POST',
    path: '/api/v1/audit/verify',
    summary: 'Check that no entry was changed or removed',
    input: z.strictObject({}),
    output: verificationSchema,
    example: {},
    handle: async ({ services, actor }) => presentVerification(await verifyAuditLog(services, actor)),
  }),

  export: rawOperation({
    method: 'GET',
    path: '/api/v1/audit/export',
    summary: 'Export all entries',
    description: 'One JSON object a line, oldest first, with the text that was hashed.',
    contentType: 'application/x-ndjson',
    input: z.strictObject({}),
    example: {},
    async answer({ services, actor, signal }) {
      const lines = exportAudit(services, actor);
      return {
        async stream(response) {
          response.writeHead(200, {
            'content-type': 'application/x-ndjson; charset=utf-8',
            'content-disposition': 'attachment; filename="audit.ndjson"',
            'cache-control': 'no-store',
          });
          for await (const chunk of lines) {
            if (signal.aborted) return;
            if (!response.write(chunk))
              await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
          }
          response.end();
        },
      };
    },
  }),
};
