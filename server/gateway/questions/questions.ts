import { isJsonObject, type Json, type JsonObject, measureJson } from '#server/domain/json.ts';
import { type Question, ROOTS, SAMPLING } from '#server/domain/mcp.ts';
import { refused } from '../refusals.ts';
import { revealHidden } from '../tenant/definitions.ts';
import type { Connection } from '../tenant/directory.ts';

const QUESTION = { maxBytes: 32_768, maxDepth: 8 };
const PROMPT = { maxBytes: 262_144, maxDepth: 16 };
export const ANSWER = { maxBytes: 1_048_576, maxDepth: 32 };
const MAX_URL = 2048;
/** What one question may cost whoever's model answers. */
const MAX_TOKENS = 8192;

/** What nobody is to type into a form, whose words go through all that stands between. */
const SECRETS =
  /pass ?(word|phrase|code)|passwd|\bpwd\b|secret|credential|api ?key|private ?key|access ?key|\btoken\b|credit ?card|card ?number|\bcvv\b|\bcvc\b|\bssn\b|social ?security|\bpin\b|one ?time ?code|\botp\b|\b2fa\b|seed ?phrase|mnemonic/i;

/** The question as it is passed on: within bounds, with its sender's name, and nothing in it that hides. Throws what may not be asked. */
export function toQuestion(method: Question['method'], given: unknown, connection: Connection): Question {
  const params = isJsonObject(given) ? given : {};
  const limits = method === SAMPLING ? PROMPT : QUESTION;
  if (!measureJson(params, limits).ok) throw refused(connection, 'has asked something too large');
  if (method === SAMPLING) return { method, params: toPrompt(params, connection) };
  if (method === ROOTS) return { method, params: { _meta: marksOf(connection) } };
  return {
    method,
    params: params.mode === 'url' ? toVisit(params, connection) : toForm(params, connection),
  };
}

/** Where a question comes from, as people can check it: what a server calls itself counts for nothing. */
export function senderOf({ slug, kind, url, command }: Connection): string {
  return kind === 'http' ? `${slug} (${hostOf(url)})` : `${slug} (program ${command ?? ''})`;
}

const marksOf = ({ slug }: Connection): JsonObject => ({
  'signalbox/untrusted': true,
  'signalbox/connection': slug,
});

const wordsOf = (value: Json | undefined): string => (typeof value === 'string' ? revealHidden(value) : '');

function toForm(params: JsonObject, connection: Connection): JsonObject {
  const { message, requestedSchema } = params;
  const words = wordsOf(message);
  if (!isJsonObject(requestedSchema ?? null)) throw refused(connection, 'has asked without a form');
  const schema = showAll(requestedSchema as JsonObject) as JsonObject;
  const secret = secretIn(schema, words);
  if (secret !== null) {
    throw refused(
      connection,
      `asks for ${JSON.stringify(secret)} in a form. Secrets are not passed through forms`,
    );
  }
  return {
    mode: 'form',
    message: `${senderOf(connection)} asks: ${words}`,
    requestedSchema: schema,
    _meta: marksOf(connection),
  };
}

/** A page is opened by people, at an address that they see in full. */
function toVisit(params: JsonObject, connection: Connection): JsonObject {
  const url = parseUrl(params.url);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.href.length > MAX_URL) {
    throw refused(connection, 'asks to open an address that is none of a secure page');
  }
  const { elicitationId } = params;
  return {
    mode: 'url',
    message: `${senderOf(connection)} asks you to open a page of ${url.host}: ${wordsOf(params.message)}`,
    // As it was parsed: what is shown, what is checked and what is opened are one.
    url: url.href,
    ...(typeof elicitationId === 'string' ? { elicitationId } : {}),
    _meta: marksOf(connection),
  };
}

/**
 * What a model is asked. Only what the server itself says goes there: neither what others have said, nor tools of the
 * caller, and not more than so much of an answer.
 */
function toPrompt(params: JsonObject, connection: Connection): JsonObject {
  const { messages, systemPrompt, maxTokens, temperature, stopSequences, modelPreferences } = params;
  if (!Array.isArray(messages) || messages.length === 0)
    throw refused(connection, 'has asked a model nothing');
  const origin = `What follows was written by the MCP server ${senderOf(connection)}, and is passed on.`;
  return {
    messages,
    systemPrompt: [origin, wordsOf(systemPrompt)].filter(Boolean).join('\n'),
    maxTokens: Math.min(typeof maxTokens === 'number' ? maxTokens : MAX_TOKENS, MAX_TOKENS),
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(Array.isArray(stopSequences) ? { stopSequences } : {}),
    ...(isJsonObject(modelPreferences ?? null) ? { modelPreferences: modelPreferences as JsonObject } : {}),
    _meta: marksOf(connection),
  };
}

/** The name of a field that is for a secret; null: there is none. */
function secretIn(schema: JsonObject, message: string): string | null {
  const fields = isJsonObject(schema.properties ?? null) ? (schema.properties as JsonObject) : {};
  for (const [name, field] of Object.entries(fields)) {
    if (!isJsonObject(field)) continue;
    const about = [spaced(name), wordsOf(field.title), wordsOf(field.description)].join('\n');
    const isText = field.type === 'string' && field.enum === undefined && field.oneOf === undefined;
    if (isText && (SECRETS.test(spaced(about)) || field.format === 'password')) return name;
    // The field is called harmless, and the words beside it say what to type.
    if (isText && SECRETS.test(spaced(message))) return name;
  }
  return null;
}

/** `apiKey`, `api_key` and `API-Key` are one. */
const spaced = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ');

function showAll(value: Json): Json {
  if (typeof value === 'string') return revealHidden(value);
  if (Array.isArray(value)) return value.map(showAll);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, showAll(part)]));
}

function parseUrl(given: unknown): URL | null {
  return typeof given === 'string' ? URL.parse(given) : null;
}

export const hostOf = (url: unknown): string => parseUrl(url)?.host ?? 'an unknown host';
