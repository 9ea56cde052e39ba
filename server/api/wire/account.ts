import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import type { LinkedIdentity } from '#server/identity/linked.ts';
import { ACTIONS, ROLES, SCOPES } from '#server/identity/permissions.ts';
import type { Me } from '#server/services/account/get.ts';
import type { OwnSession } from '#server/services/session/list.ts';
import { isoTime, time } from './values.ts';

export const roleField = z.enum(ROLES);
export const scopeField = z.enum(SCOPES);

export const accountSchema = z
  .object({
    id: idSchema('user'),
    name: z.string(),
    email: z.string().nullable(),
    has_password: z.boolean(),
    created_at: time,
  })
  .meta({ id: 'Account' });

export function presentAccount(account: NonNullable<Me['account']>): z.input<typeof accountSchema> {
  const { id, name, email, hasPassword, createdAt } = account;
  return { id, name, email, has_password: hasPassword, created_at: isoTime(createdAt) };
}

export const meSchema = z
  .object({
    kind: z.enum(['local', 'person', 'key', 'app', 'agent', 'external', 'nobody']),
    id: z.string(),
    name: z.string(),
    org_id: idSchema('org'),
    org_name: z.string().nullable(),
    role: roleField.nullable(),
    scopes: z.array(scopeField).nullable().describe('What a key is narrowed to; null: not narrowed.'),
    may: z.array(z.enum(ACTIONS)).describe('What there is to do for you, on everything or on some things.'),
    account: accountSchema.nullable().describe('Null for what is no person.'),
  })
  .meta({ id: 'Me' });

export function presentMe({ orgId, orgName, account, scopes, ...me }: Me): z.input<typeof meSchema> {
  return {
    ...me,
    org_id: orgId,
    org_name: orgName,
    scopes: scopes && [...scopes],
    account: account && presentAccount(account),
  };
}

export const sessionSchema = z
  .object({
    id: idSchema('session'),
    how: z.string().describe('`link`, `invite`, `password`, or the provider.'),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
    is_current: z.boolean(),
    created_at: time,
    last_seen_at: time,
    expires_at: time,
  })
  .meta({ id: 'Session' });

export function presentSession(session: OwnSession): z.input<typeof sessionSchema> {
  return {
    id: session.id,
    how: session.how,
    address: session.address,
    user_agent: session.userAgent,
    is_current: session.isCurrent,
    created_at: isoTime(session.createdAt),
    last_seen_at: isoTime(session.lastSeenAt),
    expires_at: isoTime(session.expiresAt),
  };
}

export const identitySchema = z
  .object({ issuer: z.string(), subject: z.string(), linked_at: time })
  .meta({ id: 'LinkedIdentity' });

export function presentIdentity({ linkedAt, ...identity }: LinkedIdentity): z.input<typeof identitySchema> {
  return { ...identity, linked_at: isoTime(linkedAt) };
}
