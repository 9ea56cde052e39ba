import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** What a page gives to `navigator.credentials.create`, as far as it matters here. */
interface Creation {
  rp: { id: string };
  user: { id: string };
  challenge: string;
}
interface Request {
  rpId: string;
  challenge: string;
}

/** How what it makes differs from what was asked for: each is a lie that a server must see through. */
export interface Oddities {
  /** Of the page. */
  origin?: string;
  host?: string;
  challenge?: string;
  type?: string;
  /** By whose key it is signed. */
  signedBy?: Authenticator;
  credentialId?: string;
  userHandle?: string;
  counter?: number;
  isVerified?: boolean;
  isPresent?: boolean;
  crossOrigin?: boolean;
}

/** A browser with an authenticator in it: one passkey (ES256), made and used as WebAuthn says, without attestation. */
export interface Authenticator {
  readonly credentialId: string;
  create(options: Creation, oddities?: Oddities): CreatedCredential;
  get(options: Request, oddities?: Oddities): UsedCredential;
  sign(data: Uint8Array): Buffer;
}

interface Credential<Response> {
  id: string;
  rawId: string;
  type: 'public-key';
  response: Response;
}
export type CreatedCredential = Credential<{
  clientDataJSON: string;
  attestationObject: string;
  transports: string[];
}>;
export type UsedCredential = Credential<{
  clientDataJSON: string;
  authenticatorData: string;
  signature: string;
  userHandle: string;
}>;

const FLAG = { present: 0x01, verified: 0x04, attested: 0x40 };

export function createAuthenticator(page: { origin: string }): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(16);
  let userHandle = '';
  let counter = 0;

  const clientData = (type: string, challenge: string, odd: Oddities): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: odd.type ?? type,
        challenge: odd.challenge ?? challenge,
        origin: odd.origin ?? page.origin,
        crossOrigin: odd.crossOrigin ?? false,
      }),
    );

  function authenticatorData(host: string, odd: Oddities, attested?: Buffer): Buffer {
    const { isPresent = true, isVerified = true } = odd;
    const flags =
      (isPresent ? FLAG.present : 0) | (isVerified ? FLAG.verified : 0) | (attested ? FLAG.attested : 0);
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(odd.counter ?? counter, 1);
    const hash = createHash('sha256')
      .update(odd.host ?? host)
      .digest();
    return Buffer.concat([hash, head, attested ?? Buffer.alloc(0)]);
  }

  function attestedKey(): Buffer {
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const key = cbor(
      new Map<number, CborValue>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ]),
    );
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    return Buffer.concat([Buffer.alloc(16), length, id, key]);
  }

  const named = <Response>(response: Response, odd: Oddities): Credential<Response> => {
    const credentialId = odd.credentialId ?? id.toString('base64url');
    return { id: credentialId, rawId: credentialId, type: 'public-key', response };
  };
  const own: Authenticator = {
    credentialId: id.toString('base64url'),
    sign: (data) => sign('sha256', data, privateKey),
    create({ rp, user, challenge }, odd = {}) {
      userHandle = user.id;
      const attestation = new Map<string, CborValue>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authenticatorData(rp.id, odd, attestedKey())],
      ]);
      const response = {
        clientDataJSON: clientData('webauthn.create', challenge, odd).toString('base64url'),
        attestationObject: cbor(attestation).toString('base64url'),
        transports: ['internal'],
      };
      return named(response, odd);
    },
    get({ rpId, challenge }, odd = {}) {
      if (odd.counter === undefined) counter += 1;
      const data = authenticatorData(rpId, odd);
      const client = clientData('webauthn.get', challenge, odd);
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      const response = {
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: (odd.signedBy ?? own).sign(signed).toString('base64url'),
        userHandle: odd.userHandle ?? userHandle,
      };
      return named(response, odd);
    },
  };
  return own;
}

type CborValue = number | string | Buffer | Map<string | number, CborValue>;

/** As much of CBOR as a passkey is made of. */
function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value);
  if (typeof value === 'string')
    return Buffer.concat([cborHead(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([cborHead(2, value.length), value]);
  const entries = [...value].flatMap(([key, part]) => [cbor(key), cbor(part)]);
  return Buffer.concat([cborHead(5, value.size), ...entries]);
}

function cborHead(major: number, size: number): Buffer {
  const kind = major << 5;
  if (size < 24) return Buffer.from([kind | size]);
  if (size < 256) return Buffer.from([kind | 24, size]);
  return Buffer.from([kind | 25, size >> 8, size & 0xff]);
}
