import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import type { AgentTokenView } from '#server/services/agent-token/agent-tokens.ts';
import type { KeyView } from '#server/services/key/key-view.ts';
import { roleField, scopeField } from './account.ts';
import { isoTime, isoTimeOrNull, time } from './values.ts';

const stoppedField = z
  .string()
  .nullable()
  .describe('Why it is refused though nobody has revoked it; null: it is not.');

export const keySchema = z
  .object({
    id: idSchema('key'),
    name: z.string(),
    role: roleField,
    scopes: z.array(scopeField).nullable().describe('Null: all that the role may.'),
    last_four: z.string().describe('To know it by.'),
    networks: z.array(z.string()).nullable().describe('Whence it may come; null: from anywhere.'),
    expires_at: time.nullable(),
    previous_until: time.nullable().describe('Until when the letters before the last rotation count.'),
    made_by: idSchema('user').nullable().describe('Null: the owner of this machine.'),
    created_at: time,
    last_used_at: time.nullable().describe('To the minute.'),
    last_used_from: z.string().nullable(),
    stopped_because: stoppedField,
  })
  .meta({ id: 'Key' });

export const newKeySchema = keySchema.extend({
  key: z.string().describe('The whole key. It is kept nowhere and shown here only.'),
});

export function presentKey(key: KeyView): z.input<typeof keySchema> {
  return {
    id: key.id,
    name: key.name,
    role: key.role,
    scopes: key.scopes,
    last_four: key.lastFour,
    networks: key.networks,
    expires_at: isoTimeOrNull(key.expiresAt),
    previous_until: isoTimeOrNull(key.previousUntil),
    made_by: key.madeBy,
    created_at: isoTime(key.createdAt),
    last_used_at: isoTimeOrNull(key.lastUsedAt),
    last_used_from: key.lastUsedFrom,
    stopped_because: key.stoppedBecause,
  };
}

export const agentTokenSchema = z
  .object({
    id: idSchema('agentToken'),
    agent: z.string(),
    last_four: z.string(),
    expires_at: time.nullable(),
    created_at: time,
    last_used_at: time.nullable().describe('To the minute.'),
    stopped_because: stoppedField,
  })
  .meta({ id: 'AgentToken' });

export function presentAgentToken(token: AgentTokenView): z.input<typeof agentTokenSchema> {
  return {
    id: token.id,
    agent: token.agent,
    last_four: token.lastFour,
    expires_at: isoTimeOrNull(token.expiresAt),
    created_at: isoTime(token.createdAt),
    last_used_at: isoTimeOrNull(token.lastUsedAt),
    stopped_because: token.stoppedBecause,
  };
}
