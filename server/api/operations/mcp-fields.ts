import { z } from 'zod';
import { SIGN_IN_MODES } from '#server/domain/mcp.ts';

/** How people sign in to the server of a connection. */
export const signIn = z.strictObject({
  mode: z
    .enum(SIGN_IN_MODES)
    .describe('`each`: whoever calls signs in for themselves; `shared`: one for everybody.'),
  client_id: z.string().max(1000).optional().describe('If the server’s people have registered Signalbox.'),
  client_secret: z.string().max(8192).optional().describe('Sealed.'),
  scope: z.string().max(1000).optional().describe('Asked for instead of what the server proposes.'),
  omit_resource: z.boolean().optional().describe('For authorization servers that refuse `resource`.'),
});

export const toSignIn = (given: z.output<typeof signIn>) => ({
  mode: given.mode,
  clientId: given.client_id,
  clientSecret: given.client_secret,
  scope: given.scope,
  omitsResource: given.omit_resource,
});
