import { z } from 'zod';
import { DEFAULT_ORG_ID, idSchema } from '#server/domain/ids.ts';
import { ROLES } from './permissions.ts';

/** Public keys are fetched; a shared secret is written down. Which it is hangs on the algorithm alone. */
const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
const SYMMETRIC = ['HS256', 'HS384', 'HS512'] as const;

/** What is claimed there, and what it is here. Who claims nothing of it is nobody here. */
const roleMap = z.record(z.string().min(1).max(200), z.enum(ROLES));

const shared = {
  issuer: z.string().min(1).max(500),
  /** What the token must name as the one whom it is for. */
  audience: z.string().min(1).max(500),
  /** The header's `typ`: keeps tokens that were made for something else from counting here. */
  type: z.string().min(1).max(100).default('at+jwt'),
  org: idSchema('org').default(DEFAULT_ORG_ID),
  roleClaim: z.string().min(1).max(200).default('role'),
  roles: roleMap,
  /** Holds scopes, as in `scope`: tokens may then do no more than those say. Left out: as much as the role may. */
  scopeClaim: z.string().min(1).max(200).optional(),
  /** Clients of MCP are sent to it for a token, made out for this server's `/mcp` as `audience`, or for the address of the gateway below it. */
  forClients: z.boolean().default(false),
  maxLifetimeSeconds: z.int().min(60).max(86_400).default(900),
};

/** Another application whose users come here with a token that it has signed. */
export const issuerSchema = z
  .union([
    z.strictObject({
      ...shared,
      algorithm: z.enum(SYMMETRIC),
      secret: z.string().min(32, 'must have 32 characters or more: who guesses it is everybody'),
    }),
    z.strictObject({
      ...shared,
      algorithm: z.enum(ASYMMETRIC),
      jwksUrl: z.url({ protocol: /^https?$/ }),
    }),
  ])
  .refine(({ forClients, audience }) => !forClients || /^https?:\/\/[^?#]+\/mcp$/.test(audience), {
    message: "must be this server's address with /mcp: that is what clients ask a token for",
    path: ['audience'],
  });
export type Issuer = z.output<typeof issuerSchema>;
