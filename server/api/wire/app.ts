import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import type { AskingApp } from '#server/services/app/decide.ts';
import type { AppView } from '#server/services/app/list.ts';
import { scopeField } from './account.ts';
import { isoTime, isoTimeOrNull, time } from './values.ts';

export const appSchema = z
  .object({
    id: idSchema('app'),
    name: z.string().describe('What it calls itself.'),
    client_id: z
      .string()
      .describe('How it is known: a link of its makers, or a name that it was given here.'),
    redirect_host: z.string().describe('Where the browser was sent back to.'),
    scopes: z.array(scopeField),
    path: z.string().describe('The address of this server at which it was let in: it counts nowhere else.'),
    by: z.object({ id: idSchema('user'), name: z.string() }).describe('Whoever let it in.'),
    allowed_at: time,
    last_used_at: time.nullable().describe('To the minute.'),
    last_used_from: z.string().nullable(),
  })
  .meta({ id: 'ConnectedApp' });

export const presentApp = (app: AppView): z.input<typeof appSchema> => ({
  id: app.id,
  name: app.name,
  client_id: app.clientId,
  redirect_host: app.redirectHost,
  scopes: app.scopes,
  path: app.path,
  by: app.by,
  allowed_at: isoTime(app.allowedAt),
  last_used_at: isoTimeOrNull(app.lastUsedAt),
  last_used_from: app.lastUsedFrom,
});

export const askingAppSchema = z
  .object({
    id: z.string(),
    name: z.string().describe('What it calls itself: anybody can say that.'),
    site: z.string().nullable().describe('The site that vouches for it; null: none does.'),
    redirect: z
      .object({ kind: z.enum(['site', 'machine', 'scheme']), host: z.string() })
      .describe(
        'Where the browser goes with the answer: a site, a program on the same machine, or a scheme.',
      ),
    scopes: z.array(scopeField),
    reach: z
      .object({
        kind: z.enum(['own', 'gateway', 'server']),
        server: z.string().nullable().describe('The name in its address; null: it is no virtual server.'),
      })
      .describe('What it could use: the tools of this server, all that is connected, or one virtual server.'),
    org_id: idSchema('org').describe('For which organisation it would be let in.'),
  })
  .meta({ id: 'AskingApp' });

export const presentAskingApp = ({ orgId, reach, ...app }: AskingApp): z.input<typeof askingAppSchema> => ({
  ...app,
  reach: { kind: reach.kind, server: reach.kind === 'server' ? reach.name : null },
  org_id: orgId,
});
