import { createHash, createPrivateKey, createPublicKey, hkdfSync, sign, verify } from 'node:crypto';
import type { SecretKey } from '../secrets/keys.ts';

/** What a checkpoint promises: at this moment the chain of this tenant ended here, so. */
export interface CheckpointText {
  orgUuid: string;
  seq: number;
  hash: Uint8Array;
  at: Date;
}

export interface Signer {
  keyId: string;
  publicKeyPem: string;
  sign(text: CheckpointText): Buffer;
}

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The signing key follows from the installation's secret key, so that every process of it has the same. */
export function createSigner({ bytes }: SecretKey): Signer {
  const seed = Buffer.from(hkdfSync('sha256', bytes, '', 'signalbox audit checkpoints', 32));
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
  const publicKeyPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  return {
    keyId: keyIdOf(publicKeyPem),
    publicKeyPem,
    sign: (text) => sign(null, bytesOf(text), key),
  };
}

export function isSigned(text: CheckpointText, signature: Uint8Array, publicKeyPem: string): boolean {
  return verify(null, bytesOf(text), createPublicKey(publicKeyPem), signature);
}

export function keyIdOf(publicKeyPem: string): string {
  return createHash('sha256').update(publicKeyPem).digest('hex').slice(0, 16);
}

function bytesOf({ orgUuid, seq, hash, at }: CheckpointText): Buffer {
  return Buffer.from(
    `signalbox checkpoint\n${orgUuid}\n${seq}\n${Buffer.from(hash).toString('hex')}\n${at.toISOString()}`,
  );
}
