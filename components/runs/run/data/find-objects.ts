import { isJsonObject, type Json } from '../../../../server/domain/json.ts';

export interface StoredObject {
  hash: string;
  name: string;
  bytes: number | undefined;
  /** What it calls itself, such as `image/png`. */
  type: string | undefined;
  isJson: boolean;
}

const HASH = /^[0-9a-f]{64}$/;
const SHOWN = 50;
const LOOKED_AT = 20_000;

/** The value is nothing but such a reference: what it says of itself is told beside what it refers to. */
export const isStoredWhole = (value: Json): boolean => isJsonObject(value) && isHash(value.$object);

const isHash = (value: unknown): value is string => typeof value === 'string' && HASH.test(value);

/** What a value refers to that is stored apart: large values, and files of agents. Each once, and not without end. */
export function findObjects(value: Json): StoredObject[] {
  const found = new Map<string, StoredObject>();
  const open: Json[] = [value];
  for (let looked = 0; open.length > 0 && looked < LOOKED_AT && found.size < SHOWN; looked++) {
    const next = open.pop() as Json;
    if (Array.isArray(next)) open.push(...next.slice(0, LOOKED_AT).toReversed());
    if (!isJsonObject(next)) continue;
    const { $object: hash, bytes, name, contentType } = next;
    if (isHash(hash)) {
      found.set(hash, {
        hash,
        name: typeof name === 'string' && name !== '' ? name : `${hash.slice(0, 12)}`,
        bytes: typeof bytes === 'number' ? bytes : undefined,
        type: typeof contentType === 'string' ? contentType : undefined,
        isJson: typeof contentType === 'string' && contentType.includes('json'),
      });
    } else {
      open.push(...Object.values(next).toReversed());
    }
  }
  return [...found.values()];
}
