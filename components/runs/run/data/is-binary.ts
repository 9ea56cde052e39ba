/** By what it calls itself. A picture of the kind SVG is a text; what calls itself mere bytes may be one. */
const TYPES = /^(image\/(?!svg)|audio\/|video\/|font\/|application\/(pdf|zip|gzip|x-tar|wasm)\b)/i;
export const isBinaryType = (type: string | undefined): boolean => type !== undefined && TYPES.test(type);

const LOOKED_AT = 4096;

/** By how it begins: no text has a zero in it, or is no UTF-8. */
export async function isBinary(blob: Blob): Promise<boolean> {
  const begin = new Uint8Array(await blob.slice(0, LOOKED_AT).arrayBuffer());
  if (begin.includes(0)) return true;
  try {
    // As a stream: its last sign may be cut.
    new TextDecoder('utf-8', { fatal: true }).decode(begin, { stream: true });
    return false;
  } catch {
    return true;
  }
}
