import { z } from 'zod';
import { DEFAULT_ORG_ID, idSchema } from '#server/domain/ids.ts';
import { ROLES } from './permissions.ts';

const address = z.url({ protocol: /^https?$/ });

/** What somebody becomes whom the provider knows and nobody has invited; left out: they are turned away. */
const newcomers = z.enum(ROLES).optional();

const shared = {
  /** Stands in URLs. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be short: letters, digits and dashes'),
  name: z.string().min(1).max(100),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  org: idSchema('org').default(DEFAULT_ORG_ID),
};

const openIdSchema = z.strictObject({
  ...shared,
  type: z.literal('openid').optional(),
  issuer: address,
  scope: z
    .string()
    .default('openid profile')
    .refine((scope) => scope.split(' ').includes('openid'), 'must have openid among them'),
  /** Of the tokens that say who somebody is. */
  algorithm: z.enum(['RS256', 'PS256', 'ES256', 'EdDSA']).default('RS256'),
  newcomers,
});
export type OpenIdProvider = z.output<typeof openIdSchema>;

/** A field of the answer that says who somebody is; dots lead into objects. */
const claim = z.string().regex(/^[^.\s]+(\.[^.\s]+)*$/, 'must be the name of a field, such as id or data.id');

const oauth2Schema = z.strictObject({
  ...shared,
  type: z.literal('oauth2'),
  /** Under which its accounts are known here; as the provider calls itself, where it does (`iss`). */
  issuer: address,
  authorizeUrl: address,
  tokenUrl: address,
  userinfoUrl: address,
  scope: z
    .string()
    .default('')
    .refine((scope) => !scope.split(' ').includes('openid'), 'has openid: leave out type: oauth2, then'),
  subjectClaim: claim.refine(
    (name) => !/mail/i.test(name),
    'must be what never changes, and an e-mail address may be somebody else’s tomorrow',
  ),
  /** The first of them that is there is what somebody is called. */
  nameClaims: z.array(claim).max(10).default(['name']),
  /** How the server proves itself when it fetches a token: in a header, or among the fields that it sends. */
  clientAuth: z.enum(['basic', 'post']).default('basic'),
  newcomers,
});
export type OAuth2Provider = z.output<typeof oauth2Schema>;

/** Newcomers are not for it: everybody can have an account there. */
const githubSchema = z.strictObject({ ...shared, type: z.literal('github') }).transform(
  (given): OAuth2Provider => ({
    ...given,
    type: 'oauth2',
    issuer: 'https://github.com/login/oauth',
    authorizeUrl: 'https://github.com/login/oauth/authorize',
    tokenUrl: 'https://github.com/login/oauth/access_token',
    userinfoUrl: 'https://api.github.com/user',
    scope: '',
    subjectClaim: 'id',
    nameClaims: ['name', 'login'],
    clientAuth: 'post',
  }),
);

/** Who signs people in: by OpenID, or by OAuth 2.0 with an address that says who somebody is. */
const providerSchema = z.discriminatedUnion('type', [openIdSchema, oauth2Schema, githubSchema]);
export type Provider = z.output<typeof providerSchema>;

/** Who the provider says somebody is. Nothing else that it says of them counts. */
export interface Introduced {
  issuer: string;
  subject: string;
  name: string;
}

/** By what its accounts are told apart: under one issuer that must be one and the same. */
const waysToKnow = (provider: Provider): string =>
  provider.type === 'oauth2' ? `${provider.userinfoUrl} ${provider.subjectClaim}` : 'id token';

export const providersSchema = z
  .array(providerSchema)
  .max(20)
  .default([])
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'has an id twice')
  .refine((all) => {
    const known = new Map(all.map((provider) => [provider.issuer, waysToKnow(provider)]));
    return all.every((provider) => known.get(provider.issuer) === waysToKnow(provider));
  }, 'has an issuer that tells its accounts apart in two ways: one could be taken for another');
