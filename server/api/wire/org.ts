import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import type { OrgView } from '#server/identity/orgs.ts';
import type { MyOrg } from '#server/services/org/look.ts';
import { roleField } from './account.ts';
import { isoTime, time } from './values.ts';

export const ownOrgSchema = z
  .object({
    id: idSchema('org'),
    name: z.string(),
    role: roleField.describe('What you are there.'),
    is_current: z.boolean().describe('The one that your session is in.'),
    joined_at: time,
  })
  .meta({ id: 'OwnOrganisation' });

export function presentOwnOrg({ isCurrent, joinedAt, ...org }: MyOrg): z.input<typeof ownOrgSchema> {
  return { ...org, is_current: isCurrent, joined_at: isoTime(joinedAt) };
}

export const orgSchema = z
  .object({
    id: idSchema('org'),
    name: z.string(),
    members: z.int(),
    created_at: time,
    closed_at: time.nullable(),
  })
  .meta({ id: 'Organisation' });

export function presentOrg({ createdAt, closedAt, ...org }: OrgView): z.input<typeof orgSchema> {
  return { ...org, created_at: isoTime(createdAt), closed_at: closedAt && isoTime(closedAt) };
}
