import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type AgentTokenId, type KeyId, toUuid } from '#server/domain/ids.ts';

/**
 * `sbx_<id>_<secret><checksum>` for people's programs, `sbxa_…` for agents. The beginning is for programs that look for
 * keys in what people publish; the checksum tells a mistyped key from one that is not known, without a look at anything.
 */
const PREFIX = { key: 'sbx', agentToken: 'sbxa' } as const;
const KIND_OF = { sbx: 'key', sbxa: 'agentToken' } as const;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 43 characters of 62 kinds hold 256 bits. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const FORMAT = /^(sbxa?)_([0-9a-f]{32})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

export type KeyKind = keyof typeof PREFIX;

export interface ReadKey {
  kind: KeyKind;
  /** Of the row, without dashes. */
  uuid: string;
}

export function makeKey(kind: KeyKind, id: KeyId | AgentTokenId): string {
  const body = `${PREFIX[kind]}_${toUuid(id)}_${randomLetters(SECRET_LENGTH)}`;
  return body + checksumOf(body);
}

/** Null for whatever is no key of ours, down to one wrong letter. */
export function readKey(text: string): ReadKey | null {
  const [, prefix, uuid, secret, checksum] = FORMAT.exec(text) ?? [];
  if (prefix === undefined || uuid === undefined || secret === undefined) return null;
  if (checksum !== checksumOf(`${prefix}_${uuid}_${secret}`)) return null;
  return { kind: KIND_OF[prefix as keyof typeof KIND_OF], uuid };
}

export const lastFour = (key: string): string => key.slice(-4);

/** In whatever stands before and after. */
export function looksLikeKey(text: string): boolean {
  return /sbxa?_[0-9a-f]{32}_[0-9A-Za-z]{20}/.test(text);
}

function checksumOf(text: string): string {
  let left = crc32(text);
  let letters = '';
  for (let at = 0; at < CHECKSUM_LENGTH; at += 1) {
    letters = ALPHABET.charAt(left % ALPHABET.length) + letters;
    left = Math.floor(left / ALPHABET.length);
  }
  return letters;
}

/** Bytes past the last whole 62 are thrown away, or some letters would come more often. */
function randomLetters(length: number): string {
  let letters = '';
  while (letters.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && letters.length < length) letters += ALPHABET.charAt(byte % ALPHABET.length);
    }
  }
  return letters;
}
