import { z } from 'zod';
import type { Verification } from '#server/identity/audit/verify.ts';
import type { AuditView } from '#server/services/audit/list.ts';
import type { SecretView } from '#server/services/secret/secrets.ts';
import { anyJson, anyObject, isoTime, time } from './values.ts';

export const auditEntrySchema = z
  .object({
    seq: z.int(),
    at: time,
    actor: anyObject,
    action: z.string(),
    target: z.string().nullable(),
    request_id: z.string().nullable(),
    address: z.string().nullable(),
    reason: z.string().nullable(),
    before: anyJson,
    after: anyJson,
    hash: z.string().describe('Over this entry and the hash of the one before it.'),
  })
  .meta({ id: 'AuditEntry' });

export function presentAuditEntry(entry: AuditView): z.input<typeof auditEntrySchema> {
  const { requestId, at, ...rest } = entry;
  return { ...rest, at: isoTime(at), request_id: requestId };
}

export const verificationSchema = z
  .object({
    ok: z.boolean(),
    entries: z.int().describe('How many were checked.'),
    checkpoints: z.int(),
    fault: z.object({ seq: z.int(), problem: z.string() }).nullable(),
  })
  .meta({ id: 'AuditVerification' });

export function presentVerification(result: Verification): z.input<typeof verificationSchema> {
  const { entries, checkpoints, fault } = result;
  return { ok: fault === null, entries, checkpoints, fault };
}

export const secretSchema = z
  .object({
    name: z.string(),
    version: z.int(),
    created_at: time,
    updated_at: time,
    used_by: z.array(z.string()).describe('The MCP connections whose values name it, by their slugs.'),
  })
  .meta({ id: 'Secret' });

export function presentSecret(secret: SecretView): z.input<typeof secretSchema> {
  const { name, version, createdAt, updatedAt, usedBy } = secret;
  return {
    ...{ name, version, used_by: usedBy },
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
  };
}
