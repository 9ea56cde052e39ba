import { z } from 'zod';

const base64url = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url');

/** 1023 bytes, as the standard has it. */
const credentialId = base64url(1364);

const common = {
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
};

/** What browsers answer when they have made a passkey, as `toJSON` of WebAuthn writes it. What else is in it, we have no use for. */
export const newCredentialSchema = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url(8192),
    attestationObject: base64url(65_536),
    transports: z
      .array(z.string().regex(/^[a-z0-9-]{1,32}$/))
      .max(16)
      .optional(),
  }),
});
export type NewCredential = z.output<typeof newCredentialSchema>;

/** What they answer when a passkey has signed. */
export const usedCredentialSchema = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url(8192),
    authenticatorData: base64url(16_384),
    signature: base64url(16_384),
    userHandle: base64url(128).nullish(),
  }),
});
export type UsedCredential = z.output<typeof usedCredentialSchema>;

export const passkeyNameSchema = z.string().trim().min(1).max(200);
