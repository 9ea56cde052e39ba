/** Sets of kinds a value can have, as bits: what static checks reason with. */
export const NULL = 1;
export const BOOL = 2;
export const NUMBER = 4;
export const STRING = 8;
export const LIST = 16;
export const MAP = 32;
export const TIMESTAMP = 64;
export const DURATION = 128;
export const ANY = 255;

const NAMES = ['null', 'bool', 'number', 'string', 'list', 'map', 'timestamp', 'duration'];

export function nameKinds(kinds: number): string {
  if (kinds === ANY) return 'anything';
  const names = NAMES.filter((_, bit) => kinds & (1 << bit));
  return names.length === 0 ? 'nothing' : names.join(' or ');
}
