import { z } from 'zod';
import { invalid } from '#server/domain/errors.ts';
import { passkeyHost } from '#server/domain/passkey-host.ts';
import type { NewCredential, UsedCredential } from './passkey-fields.ts';

/** This server as the browser knows it that makes or uses a passkey. */
export interface Place {
  origin: string;
  /** The name that its passkeys are bound to. */
  host: string;
}

export interface ProvedPasskey {
  credentialId: string;
  publicKey: string;
  counter: number;
  transports: string[];
}

/** ES256, EdDSA, RS256: what authenticators have. */
export const PASSKEY_ALGORITHMS = [-7, -8, -257];

export function placeAt(origin: string): Place {
  const host = passkeyHost(origin);
  if (host !== null) return { origin, host };
  throw invalid(
    `Passkeys do not work at ${origin}: browsers bind them to a name that is reached by https.`,
    undefined,
    'Use the address in SIGNALBOX_PUBLIC_URL, if that begins with https; on the machine itself use http://localhost and the port.',
  );
}

/** A quarter of a second and 25 MB, mostly for attestations: not before somebody has a passkey. */
const library = () => import('@simplewebauthn/server');

const clientDataSchema = z.object({
  challenge: z.string().min(1).max(200),
  // Shown within another site's page. None of ours can be, so a browser never says it.
  crossOrigin: z.literal(false).optional(),
  topOrigin: z.undefined().optional(),
});

/** What was signed for; undefined: nothing of ours. */
export function challengeOf({ response }: NewCredential | UsedCredential): string | undefined {
  try {
    const text = Buffer.from(response.clientDataJSON, 'base64url').toString('utf8');
    return clientDataSchema.safeParse(JSON.parse(text)).data?.challenge;
  } catch {
    return undefined;
  }
}

interface Expected {
  challenge: string;
  place: Place;
}

/** Undefined: it is not what was asked for, whatever is wrong with it. */
export async function readNewPasskey(
  credential: NewCredential,
  { challenge, place }: Expected,
): Promise<ProvedPasskey | undefined> {
  const { verifyRegistrationResponse } = await library();
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: { ...credential, clientExtensionResults: {} } as never,
      expectedChallenge: challenge,
      expectedOrigin: place.origin,
      expectedRPID: place.host,
      requireUserVerification: true,
      supportedAlgorithmIDs: PASSKEY_ALGORITHMS,
    });
    if (!registrationInfo) return undefined;
    const { id, publicKey, counter } = registrationInfo.credential;
    // The id beside it is the browser's word; this one is what the key was made with.
    if (id !== credential.id) return undefined;
    return {
      credentialId: id,
      publicKey: Buffer.from(publicKey).toString('base64url'),
      counter,
      transports: credential.response.transports ?? [],
    };
  } catch {
    return undefined;
  }
}

/** The counter that it was signed with; undefined: whoever sends it has not proved that they have the passkey. */
export async function checkPasskey(
  credential: UsedCredential,
  { challenge, place, publicKey }: Expected & { publicKey: string },
): Promise<number | undefined> {
  const { verifyAuthenticationResponse } = await library();
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...credential, clientExtensionResults: {} } as never,
      expectedChallenge: challenge,
      expectedOrigin: place.origin,
      expectedRPID: place.host,
      requireUserVerification: true,
      // Counters are compared where they are kept, when the signature is known to be right.
      credential: { id: credential.id, publicKey: Buffer.from(publicKey, 'base64url'), counter: 0 },
    });
    return verified ? authenticationInfo.newCounter : undefined;
  } catch {
    return undefined;
  }
}
