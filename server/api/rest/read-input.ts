import { z } from 'zod';
import { invalid } from '#server/domain/errors.ts';
import { isJsonObject } from '#server/domain/json.ts';
import type { Call } from '../http/router.ts';
import { HEADER_FIELDS, isUpload, type Operation } from '../operations/operation.ts';

export type Place = 'path' | 'header' | 'query' | 'body';

/** Whether fields come in a JSON body. */
export const hasBody = (operation: Operation): boolean =>
  operation.method !== 'GET' && operation.method !== 'DELETE' && !isUpload(operation);

export function placeOf(operation: Operation, field: string): Place {
  if (operation.path.includes(`{${field}}`)) return 'path';
  if (Object.hasOwn(HEADER_FIELDS, field)) return 'header';
  return hasBody(operation) ? 'body' : 'query';
}

/** Puts an operation's input together from where HTTP has it. Whether it fits is judged by the schema afterwards. */
export function createInputReader(operation: Operation): (call: Call) => Record<string, unknown> {
  const fields = Object.keys(operation.input.shape);
  const headers = fields.filter((field) => placeOf(operation, field) === 'header');
  const readText = createTextReader(operation.input);
  return ({ params, query, headers: given, body }) => {
    // Without a prototype: a field named __proto__ is a field that the schema does not know.
    const input: Record<string, unknown> = Object.create(null);
    if (hasBody(operation)) {
      if (!isJsonObject(body)) throw invalid('The body must be a JSON object.');
      refuseMisplaced(operation, Object.keys(body));
      Object.assign(input, body);
    } else {
      refuseMisplaced(operation, [...query.keys()]);
      for (const field of new Set(query.keys())) input[field] = readText(field, query.getAll(field));
    }
    for (const field of headers) {
      const value = given[HEADER_FIELDS[field] ?? ''];
      if (value !== undefined) input[field] = String(value);
    }
    for (const [field, value] of Object.entries(params)) input[field] = readText(field, [value]);
    return input;
  };
}

/** A field of the path or of a header that stands elsewhere too would be overwritten without a word. */
function refuseMisplaced(operation: Operation, given: readonly string[]): void {
  for (const field of given) {
    const place = Object.hasOwn(operation.input.shape, field) ? placeOf(operation, field) : 'query';
    if (place === 'path') throw invalid(`${field}: it stands in the path already; leave it out.`);
    if (place === 'header') throw invalid(`${field}: send it as the header ${HEADER_FIELDS[field]}.`);
  }
}

type Read = (texts: string[]) => unknown;

/** Path and query are text: what each of their fields means is read off the schema, once. */
function createTextReader(input: z.ZodObject): (field: string, texts: string[]) => unknown {
  const { properties = {} } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  const readers = new Map(Object.entries(properties).map(([name, schema]) => [name, readerOf(schema)]));
  return (field, texts) => (readers.get(field) ?? readOne)(texts);
}

function readerOf(schema: z.core.JSONSchema._JSONSchema): Read {
  const type = typeof schema === 'object' ? schema.type : undefined;
  if (type === 'integer' || type === 'number') return readNumber;
  if (type === 'boolean') return readFlag;
  if (type === 'array') return (texts) => texts.flatMap((text) => text.split(','));
  return readOne;
}

/** The same field twice is a mistake, and stays one for the schema to see. */
const readOne: Read = (texts) => (texts.length === 1 ? texts[0] : texts);

const readNumber: Read = (texts) => {
  const text = readOne(texts);
  return typeof text === 'string' && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
};

const FLAGS: Readonly<Record<string, boolean>> = { '1': true, true: true, '0': false, false: false };
const readFlag: Read = (texts) => {
  const text = readOne(texts);
  return typeof text === 'string' ? (FLAGS[text] ?? text) : text;
};
