import { isJsonObject, type Json, type JsonObject } from '../../../server/domain/json.ts';

export interface InputField {
  key: string;
  label: string;
  hint: string | undefined;
  isRequired: boolean;
  kind: 'text' | 'number' | 'boolean' | 'choice' | 'json';
  /** Of a choice. */
  choices: readonly string[];
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
  const choices = Array.isArray(facts.enum) ? facts.enum.filter((each) => typeof each === 'string') : [];
  const isChoice = choices.length > 0 && choices.length === (facts.enum as Json[]).length;
  return {
    key,
    label: typeof facts.title === 'string' ? facts.title : key,
    hint: typeof facts.description === 'string' ? facts.description : undefined,
    isRequired,
    kind: isChoice ? 'choice' : kindOf(facts.type),
    choices: isChoice ? choices : [],
  };
}

const KINDS: Record<string, InputField['kind']> = {
  string: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
};
/** A type of ours or not: what is no plain value is edited as JSON. */
const kindOf = (type: Json | undefined): InputField['kind'] =>
  typeof type === 'string' && Object.hasOwn(KINDS, type) ? (KINDS[type] ?? 'json') : 'json';

/** With this value; left empty, it is left out. */
export function withField(value: Json, key: string, field: Json | undefined): JsonObject {
  const entries = Object.entries(isJsonObject(value) ? value : {}).filter(([name]) => name !== key);
  return Object.fromEntries(field === undefined ? entries : [...entries, [key, field]]);
}
