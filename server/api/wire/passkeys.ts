import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { PASSKEY_ALGORITHMS } from '#server/identity/passkey-proof.ts';
import { CHALLENGE_SECONDS, type Passkey } from '#server/identity/passkeys.ts';
import type { PreparedPasskey } from '#server/services/passkey/prepare.ts';
import type { PasskeyChallenge } from '#server/services/session/sign-in-by-passkey.ts';
import { isoTime, time } from './values.ts';

export const passkeySchema = z
  .object({
    id: idSchema('passkey'),
    name: z.string(),
    host: z.string().describe('The name of this server that it works for.'),
    created_at: time,
    last_used_at: time.nullable(),
  })
  .meta({ id: 'Passkey' });

export function presentPasskey({
  createdAt,
  lastUsedAt,
  ...passkey
}: Passkey): z.input<typeof passkeySchema> {
  return { ...passkey, created_at: isoTime(createdAt), last_used_at: lastUsedAt && isoTime(lastUsedAt) };
}

const kind = z.literal('public-key');

/** The names are WebAuthn's: browsers take it as it is. */
export const creationOptionsSchema = z
  .object({
    rp: z.object({ id: z.string(), name: z.string() }),
    user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
    challenge: z.string(),
    pubKeyCredParams: z.array(z.object({ type: kind, alg: z.int() })),
    timeout: z.int(),
    excludeCredentials: z.array(z.object({ id: z.string(), type: kind, transports: z.array(z.string()) })),
    authenticatorSelection: z.object({
      residentKey: z.literal('required'),
      requireResidentKey: z.literal(true),
      userVerification: z.literal('required'),
    }),
    attestation: z.literal('none'),
  })
  .meta({ id: 'PasskeyCreation' });

export const requestOptionsSchema = z
  .object({
    rpId: z.string(),
    challenge: z.string(),
    timeout: z.int(),
    userVerification: z.literal('required'),
  })
  .meta({ id: 'PasskeyRequest' });

const timeout = CHALLENGE_SECONDS * 1000;

export function presentCreation(prepared: PreparedPasskey): z.input<typeof creationOptionsSchema> {
  const { place, challenge, user, known } = prepared;
  return {
    rp: { id: place.host, name: 'Signalbox' },
    user: { id: user.handle, name: user.account, displayName: user.name },
    ...{ challenge, timeout, attestation: 'none' },
    pubKeyCredParams: PASSKEY_ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: known.map((each) => ({ ...each, type: 'public-key' })),
    authenticatorSelection: {
      ...{ residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    },
  };
}

export function presentRequest({ place, challenge }: PasskeyChallenge): z.input<typeof requestOptionsSchema> {
  return { rpId: place.host, challenge, timeout, userVerification: 'required' };
}
