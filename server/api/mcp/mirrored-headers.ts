import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type Json } from '#server/domain/json.ts';

/** An argument that its tool wants to stand in a header too, for whoever stands between and does not read bodies. */
interface Mirrored {
  header: string;
  path: readonly string[];
}

const DECLARATION = 'x-mcp-header';
const PREFIX = 'Mcp-Param-';
const ENCODED = /^=\?base64\?(.*)\?=$/;
const DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?$/;

const known = new WeakMap<object, readonly Mirrored[]>();

/**
 * The new generation's rule: an argument that a tool declares for a header stands there as it stands in the body, or the
 * call is refused. Else those between let one thing pass, and the tool is called with another. A sentence says what
 * differs; null: nothing does.
 */
export function findDisagreement(
  schema: object,
  args: Json | undefined,
  headers: IncomingHttpHeaders,
): string | null {
  for (const { header, path } of mirroredIn(schema)) {
    const value = path.reduce<Json | undefined>((at, key) => (isJsonObject(at) ? at[key] : undefined), args);
    const text = textOf(value);
    if (text === null) continue;
    const given = headers[header.toLowerCase()];
    const where = `the argument ${path.join('.')}`;
    if (typeof given !== 'string') return `The header ${header} is missing, though ${where} is given.`;
    const said = decode(given);
    if (said === null) return `The header ${header} is no valid Base64 of UTF-8.`;
    const isSame =
      said === text || (typeof value === 'number' && DECIMAL.test(said) && Number(said) === value);
    if (!isSame) return `The header ${header} and ${where} disagree.`;
  }
  return null;
}

/** What has no one way to be written in a header is not looked for there. */
function textOf(value: Json | undefined): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  const isExact = typeof value === 'number' && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return isExact ? String(value) : null;
}

function decode(header: string): string | null {
  const encoded = ENCODED.exec(header)?.[1];
  if (encoded === undefined) return header;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function mirroredIn(schema: object): readonly Mirrored[] {
  const found = known.get(schema) ?? declared(schema, []);
  known.set(schema, found);
  return found;
}

const MAX_DEPTH = 64;

/** Only what a chain of properties leads to may be declared. */
function declared(schema: object, path: readonly string[]): Mirrored[] {
  const { properties } = schema as { properties?: Json };
  if (!isJsonObject(properties) || path.length >= MAX_DEPTH) return [];
  return Object.entries(properties).flatMap(([key, property]) => {
    if (!isJsonObject(property)) return [];
    const own = [...path, key];
    const name = property[DECLARATION];
    const here = typeof name === 'string' ? [{ header: `${PREFIX}${name}`, path: own }] : [];
    return [...here, ...declared(property, own)];
  });
}
