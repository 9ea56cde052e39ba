import type { Json } from '#server/domain/json.ts';

/** What a model is shown of one answer's values, in characters. */
const ROOM = 24_000;
const LEAST = 500;

/** Stands for a value that is too long to be shown. */
interface Shortened extends Record<string, Json> {
  $shortened: true;
  characters: number;
  begins: string;
}

/** Shows values whole while they are short, and else how they begin: what a model reads is paid for by length. */
export function createShortener(values: number): (value: Json) => Json {
  const room = Math.max(LEAST, Math.floor(ROOM / Math.max(1, values)));
  return (value) => {
    const text = JSON.stringify(value);
    if (text.length <= room) return value;
    return { $shortened: true, characters: text.length, begins: text.slice(0, room) } satisfies Shortened;
  };
}
