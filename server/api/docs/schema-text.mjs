/**
 * A JSON Schema as a person writes types down: `{ name: string, tags?: string[] }`, on several lines when it is long.
 * @typedef {Record<string, any>} Schema
 */

const MAX_DEPTH = 5;

/** @param {Schema | undefined} schema @param {Record<string, Schema>} schemas */
export function schemaText(schema, schemas, depth = 0) {
  if (!schema || depth > MAX_DEPTH) return 'any';
  if (schema.$ref) return refText(schema.$ref, schemas, depth);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if ('const' in schema) return JSON.stringify(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map((choice) => schemaText(choice, schemas, depth)))].join(' | ');
  if (schema.type === 'array') return `${wrapped(schemaText(schema.items, schemas, depth))}[]`;
  if (schema.type === 'object' && schema.properties) return objectText(schema, schemas, depth);
  if (Array.isArray(schema.type)) return schema.type.join(' | ');
  return schema.type ?? 'any';
}

/** A named schema is spelled out where it stands alone, and named where it is part of another. */
function refText(ref, schemas, depth) {
  const name = ref.slice(ref.lastIndexOf('/') + 1);
  return depth === 0 ? schemaText(schemas[name], schemas, 0) : name;
}

const wrapped = (text) => (text.includes(' | ') ? `(${text})` : text);

function objectText(schema, schemas, depth) {
  const indent = '  '.repeat(depth + 1);
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties).map(([name, part]) => {
    const note = part.description ? `  // ${part.description}` : '';
    return `${indent}${name}${required.has(name) ? '' : '?'}: ${schemaText(part, schemas, depth + 1)}${note}`;
  });
  return `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`;
}
