import { isJsonObject, type Json, type JsonObject } from '../../server/domain/json.ts';
import { choicesOf, type FormChoice } from '../../server/domain/mcp-form.ts';

export interface InputField {
  key: string;
  label: string;
  hint: string | undefined;
  isRequired: boolean;
  kind: 'text' | 'number' | 'boolean' | 'choice' | 'choices' | 'json';
  /** Of what is chosen, one or some. */
  choices: readonly FormChoice[];
  /** Of a text, as the browser knows it. */
  input: 'text' | 'email' | 'url' | 'date';
}

/** What a run begins with when nobody says anything: the schema's example, or its defaults. */
export function sampleOf(schema: Json | undefined): Json {
  if (!isJsonObject(schema)) return null;
  if (Array.isArray(schema.examples) && schema.examples[0] !== undefined) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  const entries = Object.entries(propertiesOf(schema)).flatMap(([key, property]) => {
    const value = sampleOf(property);
    const isNothing = value === null || (isJsonObject(value) && Object.keys(value).length === 0);
    return isNothing ? [] : [[key, value] as const];
  });
  return schema.type === 'object' ? Object.fromEntries(entries) : null;
}

const propertiesOf = (schema: JsonObject): JsonObject =>
  isJsonObject(schema.properties) ? schema.properties : {};

/** The fields of a form for it; null: it is no object with named properties, so only its text can be edited. */
export function fieldsOf(schema: Json | undefined): InputField[] | null {
  if (!isJsonObject(schema)) return null;
  const properties = Object.entries(propertiesOf(schema));
  if (properties.length === 0) return null;
  const required = Array.isArray(schema.required) ? schema.required : [];
  return properties.map(([key, property]) => toField(key, property, required.includes(key)));
}

function toField(key: string, property: Json, isRequired: boolean): InputField {
  const facts = isJsonObject(property) ? property : {};
  const own = wholeChoices(facts);
  const some = facts.type === 'array' && isJsonObject(facts.items) ? wholeChoices(facts.items) : null;
  return {
    key,
    label: typeof facts.title === 'string' ? facts.title : key,
    hint: typeof facts.description === 'string' ? facts.description : undefined,
    isRequired,
    kind: own ? 'choice' : some ? 'choices' : kindOf(facts.type),
    choices: own ?? some ?? [],
    input: inputOf(facts.format),
  };
}

/** Null where some of what may be chosen is no text: that is edited as JSON. */
function wholeChoices(facts: JsonObject): FormChoice[] | null {
  const choices = choicesOf(facts);
  const all = facts.enum ?? facts.oneOf ?? facts.anyOf;
  return choices && Array.isArray(all) && choices.length === all.length && choices.length > 0
    ? choices
    : null;
}

const INPUTS: Record<string, InputField['input']> = { email: 'email', uri: 'url', date: 'date' };
const inputOf = (format: Json | undefined): InputField['input'] =>
  typeof format === 'string' && Object.hasOwn(INPUTS, format) ? (INPUTS[format] ?? 'text') : 'text';

const KINDS: Record<string, InputField['kind']> = {
  string: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
};
/** A type of ours or not: what is no plain value is edited as JSON. */
const kindOf = (type: Json | undefined): InputField['kind'] =>
  typeof type === 'string' && Object.hasOwn(KINDS, type) ? (KINDS[type] ?? 'json') : 'json';

/** What a form begins with: the defaults, and a no where a yes or no is needed and nothing was chosen. */
export function startOf(schema: Json | undefined): JsonObject {
  const sample = sampleOf(schema);
  const needed = (fieldsOf(schema) ?? []).filter(({ kind, isRequired }) => kind === 'boolean' && isRequired);
  return {
    ...Object.fromEntries(needed.map(({ key }) => [key, false])),
    ...(isJsonObject(sample) ? sample : {}),
  };
}

/** With this value; left empty, it is left out. */
export function withField(value: Json, key: string, field: Json | undefined): JsonObject {
  const entries = Object.entries(isJsonObject(value) ? value : {}).filter(([name]) => name !== key);
  return Object.fromEntries(field === undefined ? entries : [...entries, [key, field]]);
}
