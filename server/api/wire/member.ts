import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import type { GrantView } from '#server/services/grant/grants.ts';
import type { InviteView } from '#server/services/member/invite.ts';
import type { MemberView } from '#server/services/member/list.ts';
import { roleField } from './account.ts';
import { isoTime, time } from './values.ts';

export const memberSchema = z
  .object({
    id: idSchema('user'),
    name: z.string(),
    email: z.string().nullable(),
    role: roleField,
    created_at: time,
  })
  .meta({ id: 'Member' });

export function presentMember({ createdAt, ...member }: MemberView): z.input<typeof memberSchema> {
  return { ...member, created_at: isoTime(createdAt) };
}

export const inviteSchema = z
  .object({
    id: idSchema('invite'),
    role: roleField,
    label: z.string(),
    created_at: time,
    expires_at: time,
  })
  .meta({ id: 'Invitation' });

export function presentInvite({ id, role, label, ...invite }: InviteView): z.input<typeof inviteSchema> {
  return { id, role, label, created_at: isoTime(invite.createdAt), expires_at: isoTime(invite.expiresAt) };
}

export const grantSchema = z
  .object({ user_id: idSchema('user'), name: z.string(), created_at: time })
  .meta({ id: 'Grant' });

export function presentGrant({ userId, name, createdAt }: GrantView): z.input<typeof grantSchema> {
  return { user_id: userId, name, created_at: isoTime(createdAt) };
}
