import { z } from 'zod';
import { auditFilterFields } from '#server/services/audit/audit-filter.ts';
import { auditExportFields, exportAudit } from '#server/services/audit/export.ts';
import { getAuditEntry } from '#server/services/audit/get.ts';
import { listAudit } from '#server/services/audit/list.ts';
import { verifyAuditLog } from '#server/services/audit/verify.ts';
import { drained } from '../http/drained.ts';
import {
  auditEntrySchema,
  presentAuditEntry,
  presentVerification,
  verificationSchema,
} from '../wire/audit.ts';
import { nextCursor, time } from '../wire/values.ts';
import { orderInput, pageInput } from './fields.ts';
import { operation, rawOperation } from './operation.ts';

/** What entries are looked for by, as it travels. */
const filterInput = {
  actor_id: auditFilterFields.actorId,
  action: auditFilterFields.action.describe('Such as `run.started`.'),
  target: auditFilterFields.target.describe('The id of what it was done to.'),
  from: time.optional(),
  until: time.optional(),
};

const FILES = {
  jsonl: { contentType: 'application/x-ndjson', name: 'audit.ndjson' },
  csv: { contentType: 'text/csv', name: 'audit.csv' },
};

export const audit = {
  list: operation({
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'List who did what',
    description: 'Newest first, unless asked otherwise. Entries are never changed or removed.',
    input: z.strictObject({
      ...pageInput,
      ...filterInput,
      order: orderInput,
    }),
    output: z.object({ entries: z.array(auditEntrySchema), next_cursor: nextCursor }),
    example: { action: 'run.started' },
    async handle({ services, actor }, { actor_id, ...input }) {
      const page = await listAudit(services, actor, { ...input, actorId: actor_id });
      return { entries: page.items.map(presentAuditEntry), next_cursor: page.nextCursor };
    },
  }),

  get: operation({
    method: 'GET',
    path: '/api/v1/audit/{seq}',
    summary: 'Get an entry',
    input: z.strictObject({ seq: z.int().min(1).describe('Its number in the organisation.') }),
    output: auditEntrySchema,
    errors: ['NOT_FOUND'],
    example: { seq: 1 },
    handle: async ({ services, actor }, input) =>
      presentAuditEntry(await getAuditEntry(services, actor, input)),
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
    summary: 'Export entries',
    description:
      'All that the list shows under the same filter, oldest first. `jsonl` has one JSON object a line, with the text that was hashed; in CSV, text that a spreadsheet would take for a formula has an apostrophe in front.',
    contentType: [FILES.jsonl.contentType, FILES.csv.contentType],
    input: z.strictObject({ ...filterInput, ...auditExportFields }),
    example: { action: 'run.started', format: 'csv' },
    async answer({ services, actor, signal }, { actor_id, ...input }) {
      const lines = await exportAudit(services, actor, { ...input, actorId: actor_id });
      const { contentType, name } = FILES[input.format];
      return {
        async stream(response) {
          response.writeHead(200, {
            'content-type': `${contentType}; charset=utf-8`,
            'content-disposition': `attachment; filename="${name}"`,
            'cache-control': 'no-store',
          });
          for await (const chunk of lines) {
            if (signal.aborted) return;
            if (!response.write(chunk)) await drained(response);
          }
          response.end();
        },
      };
    },
  }),
};
