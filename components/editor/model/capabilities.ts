import { isJsonObject, type Json, type JsonObject } from '../../../server/domain/json.ts';

/** Something that a stage can ask for, as the editor sees it. */
export interface Capability {
  name: string;
  description: string;
  /** Agents that offer it and work just now. */
  serving: number;
  /** JSON Schema of the `config` of stages that ask for it, where it is known. */
  configSchema: JsonObject | null;
}

/** A piece of a schema as a form draws it. */
export interface FormField {
  name: string;
  title: string;
  hint: string;
  required: boolean;
  control:
    | { kind: 'text'; long: boolean }
    | { kind: 'number'; whole: boolean; min?: number; max?: number }
    | { kind: 'boolean' }
    | { kind: 'choice'; options: readonly string[] }
    | { kind: 'texts' }
    /** All that has no control of its own is written as JSON. */
    | { kind: 'json' };
  /** What it is when it is left out. */
  byDefault: Json | undefined;
}

/** The fields of an object schema in their order; null when it is nothing that a form can be made of. */
export function formOf(schema: JsonObject | null): FormField[] | null {
  if (schema === null) return null;
  const root = resolve(schema, schema);
  if (!isJsonObject(root.properties)) return null;
  const required = new Set(Array.isArray(root.required) ? root.required : []);
  return Object.entries(root.properties).flatMap(([name, part]) => {
    if (!isJsonObject(part)) return [];
    const field = resolve(part, schema);
    return [
      {
        name,
        title: typeof field.title === 'string' ? field.title : toWords(name),
        hint: typeof field.description === 'string' ? field.description : '',
        required: required.has(name),
        control: controlOf(field),
        byDefault: field.default,
      },
    ];
  });
}

function resolve(part: JsonObject, root: JsonObject): JsonObject {
  if (typeof part.$ref !== 'string') return part;
  if (part.$ref === '#') return root;
  const name = part.$ref.replace(/^#\/\$defs\//, '');
  const target = isJsonObject(root.$defs) ? root.$defs[name] : undefined;
  return isJsonObject(target) ? { ...target, ...part } : part;
}

const LONG = 500;

function controlOf(field: JsonObject): FormField['control'] {
  const options = field.enum;
  if (Array.isArray(options) && options.every((option) => typeof option === 'string')) {
    return { kind: 'choice', options };
  }
  switch (field.type) {
    case 'string':
      return { kind: 'text', long: typeof field.maxLength === 'number' && field.maxLength > LONG };
    case 'integer':
    case 'number':
      return {
        kind: 'number',
        whole: field.type === 'integer',
        ...(typeof field.minimum === 'number' ? { min: field.minimum } : {}),
        ...(typeof field.maximum === 'number' ? { max: field.maximum } : {}),
      };
    case 'boolean':
      return { kind: 'boolean' };
    case 'array':
      return isJsonObject(field.items) && field.items.type === 'string'
        ? { kind: 'texts' }
        : { kind: 'json' };
    default:
      return { kind: 'json' };
  }
}

/** `previewRows` as "Preview rows". */
export function toWords(name: string): string {
  const words = name
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
