import { createHash } from 'node:crypto';
import { canonicalJson, isJsonObject, type Json, type JsonObject, measureJson } from '#server/domain/json.ts';
import { DEFINITION_WARNINGS, type DefinitionWarning, type ToolDefinition } from '#server/domain/mcp.ts';

/** What a server may say of one tool, and how many it may have: more is a fault of the server. */
const LIMITS = { maxBytes: 65_536, maxDepth: 32 };
export const MAX_TOOLS = 1000;
export const NAME = /^[A-Za-z0-9_.-]{1,128}$/;

/**
 * What of a server's words about a tool is kept, shown and pinned: all that a model reads or that decides how it is
 * called. Icons and whatever else there may be are dropped. Null: it cannot be used.
 */
export function toDefinition(given: unknown): ToolDefinition | null {
  if (!isJsonObject(given) || typeof given.name !== 'string' || !NAME.test(given.name)) return null;
  if (!isJsonObject(given.inputSchema)) return null;
  const { name, title, description, inputSchema, outputSchema, annotations } = given;
  const definition: ToolDefinition = {
    name,
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    inputSchema,
    ...(isJsonObject(outputSchema) ? { outputSchema } : {}),
    ...(isJsonObject(annotations) ? { annotations } : {}),
  };
  return measureJson(definition, LIMITS).ok ? definition : null;
}

export function hashOf(definition: ToolDefinition): string {
  return createHash('sha256')
    .update(canonicalJson(definition as unknown as Json))
    .digest('hex');
}

export interface DefinitionChange {
  /** `description`, `inputSchema.properties.path`. */
  path: string;
  before: string | null;
  after: string | null;
}

/** What an approval is about, with all that hides made visible. */
export function diffDefinitions(
  before: ToolDefinition | null,
  after: ToolDefinition | null,
): DefinitionChange[] {
  return [
    ...compare('', (before ?? undefined) as Json | undefined, (after ?? undefined) as Json | undefined),
  ];
}

function* compare(
  path: string,
  before: Json | undefined,
  after: Json | undefined,
): Generator<DefinitionChange> {
  const isInside = [before, after].some((value) => isJsonObject(value ?? null));
  const canDescend = [before, after].every((value) => value === undefined || isJsonObject(value));
  if (isInside && canDescend) {
    const [left, right] = [(before ?? {}) as JsonObject, (after ?? {}) as JsonObject];
    for (const key of [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()) {
      yield* compare(path === '' ? key : `${path}.${key}`, ownOf(left, key), ownOf(right, key));
    }
    return;
  }
  const [from, to] = [shownOf(before), shownOf(after)];
  if (from !== to) yield { path: revealHidden(path), before: from, after: to };
}

const ownOf = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

function shownOf(value: Json | undefined): string | null {
  if (value === undefined) return null;
  return revealHidden(typeof value === 'string' ? value : canonicalJson(value));
}

/**
 * Characters that a person does not see and a model reads: controls, zero-width, marks of direction, fillers,
 * variation selectors, tags. Line ends and tabs are seen well enough.
 */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is controls that are looked for
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each is looked for alone
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\u{E0000}-\u{E0FFF}]/gu;

export function revealHidden(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

const LONG_TEXT = 4000;

export function warningsOf(definition: ToolDefinition): DefinitionWarning[] {
  const text = textsOf(definition as unknown as Json);
  const found = new Set<DefinitionWarning>();
  for (const each of text) {
    HIDDEN.lastIndex = 0;
    if (HIDDEN.test(each)) found.add('hidden-characters');
    if (each.includes('<!--')) found.add('html-comment');
    if (each.length > LONG_TEXT) found.add('long-text');
  }
  if (hasExternalReference(definition as unknown as Json)) found.add('external-schema');
  return DEFINITION_WARNINGS.filter((warning) => found.has(warning));
}

function textsOf(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, part]) => [key, ...textsOf(part)]);
}

/** It is never fetched by us; a client might. */
function hasExternalReference(value: Json): boolean {
  if (Array.isArray(value)) return value.some(hasExternalReference);
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(
    ([key, part]) =>
      (/^\$(ref|dynamicRef)$/.test(key) && typeof part === 'string' && !part.startsWith('#')) ||
      hasExternalReference(part),
  );
}

/** A text's cost for whoever's model reads it, roughly: four bytes a token. */
export const roughTokens = (definition: ToolDefinition): number =>
  Math.ceil(Buffer.byteLength(JSON.stringify(definition)) / 4);

/** The approval covers what the tool says of itself, so it may be believed as far as asking twice goes. */
export const isRepeatable = ({ annotations }: Pick<ToolDefinition, 'annotations'>): boolean =>
  annotations?.readOnlyHint === true || annotations?.idempotentHint === true;
