import { isJsonObject, type Json } from '#server/domain/json.ts';
import { scrubText } from '#server/platform/logger.ts';

const SHOWN_CHARS = 16_000;
/** More is not even parsed for somebody to look at. */
const PARSED_BYTES = 1_000_000;
const SECRET = /passw|secret|token|authori[sz]ation|cookie|api.?key|access.?key|credential|private.?key/i;
export const HIDDEN = '[hidden]';

export interface Peek {
  text: string;
  /** There is more of it than is shown. */
  isCut: boolean;
}

/** What lies in a dead message, for people to look at: what is named like a secret is not shown, nor all that is large. */
export function peekInto(body: Uint8Array): Peek {
  const isLarge = body.byteLength > PARSED_BYTES;
  const text = Buffer.from(isLarge ? body.subarray(0, SHOWN_CHARS * 4) : body).toString('utf8');
  const shown = isLarge ? text : showJson(text);
  return { text: scrubText(shown.slice(0, SHOWN_CHARS)), isCut: isLarge || shown.length > SHOWN_CHARS };
}

function showJson(text: string): string {
  try {
    return JSON.stringify(hide(JSON.parse(text) as Json), null, 2);
  } catch {
    return text;
  }
}

function hide(value: Json): Json {
  if (Array.isArray(value)) return value.map(hide);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([name, part]) => [
    name,
    SECRET.test(name) && part !== null ? HIDDEN : hide(part),
  ]);
  return Object.fromEntries(entries) as Json;
}
