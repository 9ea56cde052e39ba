import { getOwn, isJsonObject, type Json, type JsonObject } from './json.ts';

/** The forms by which MCP servers ask people: flat, each field a text, a number, yes or no, or a choice. */
export interface FormIssue {
  /** Where in what was filled in. */
  path: string[];
  message: string;
}

const MAX_ISSUES = 20;
const MAX_TEXT = 65_536;

/** What keeps an answer from fitting the form that was shown; empty when it fits. */
export function checkForm(schema: JsonObject, content: JsonObject): FormIssue[] {
  const fields = fieldsOf(schema);
  const required = Array.isArray(schema.required) ? schema.required : [];
  const missing = required.flatMap((name): FormIssue[] =>
    typeof name === 'string' && getOwn(content, name) === undefined
      ? [{ path: [name], message: 'must be filled in' }]
      : [],
  );
  const wrong = Object.entries(content).flatMap(([name, value]): FormIssue[] => {
    const field = getOwn(fields, name);
    const message = field === undefined ? 'was not asked for' : complaintOf(field, value);
    return message === null ? [] : [{ path: [name], message }];
  });
  return [...missing, ...wrong].slice(0, MAX_ISSUES);
}

function fieldsOf({ properties }: JsonObject): JsonObject {
  return isJsonObject(properties) ? properties : {};
}

/** One of the values that a choice offers, with what people read instead of it. */
export interface FormChoice {
  value: string;
  label: string;
}

/** The choices of a field in any of the ways in which they may be written; null: it is free. */
export function choicesOf(field: JsonObject): FormChoice[] | null {
  const { enum: values, enumNames: names } = field;
  if (Array.isArray(values)) {
    return values.flatMap((value, at) => {
      const label = Array.isArray(names) ? names[at] : undefined;
      return typeof value === 'string' ? [{ value, label: typeof label === 'string' ? label : value }] : [];
    });
  }
  const titled = field.oneOf ?? field.anyOf;
  if (!Array.isArray(titled)) return null;
  const choices = titled.flatMap((option) =>
    isJsonObject(option) && typeof option.const === 'string'
      ? [{ value: option.const, label: typeof option.title === 'string' ? option.title : option.const }]
      : [],
  );
  return choices.length > 0 ? choices : null;
}

function complaintOf(field: Json, value: Json): string | null {
  if (!isJsonObject(field)) return null;
  switch (field.type) {
    case 'string':
      return typeof value === 'string' ? complainOfText(field, value) : 'must be a text';
    case 'number':
    case 'integer':
      return complainOfNumber(field, value);
    case 'boolean':
      return typeof value === 'boolean' ? null : 'must be yes or no';
    case 'array':
      return complainOfList(field, value);
    default:
      return null;
  }
}

function complainOfText(field: JsonObject, text: string): string | null {
  const choices = choicesOf(field);
  if (choices) return choices.some(({ value }) => value === text) ? null : 'must be one of the choices';
  const { minLength, maxLength } = field;
  const length = [...text.slice(0, MAX_TEXT + 1)].length;
  if (text.length > MAX_TEXT) return `must have ${MAX_TEXT} characters or fewer`;
  if (typeof minLength === 'number' && length < minLength) return `must have ${minLength} characters or more`;
  if (typeof maxLength === 'number' && length > maxLength)
    return `must have ${maxLength} characters or fewer`;
  return typeof field.format === 'string' ? complainOfFormat(field.format, text) : null;
}

const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

const FORMATS: Readonly<Record<string, { fits(text: string): boolean; wanted: string }>> = {
  email: { fits: (text) => EMAIL.test(text), wanted: 'must be a mail address' },
  uri: { fits: (text) => URL.canParse(text), wanted: 'must be an address with its scheme' },
  date: {
    fits: (text) => DATE.test(text) && isDay(text),
    wanted: 'must be a date: YYYY-MM-DD',
  },
  'date-time': {
    fits: (text) => MOMENT.test(text) && !Number.isNaN(Date.parse(text)) && isDay(text.slice(0, 10)),
    wanted: 'must be a date and time with its zone: YYYY-MM-DDThh:mm:ssZ',
  },
};

/** The thirtieth of February is read as another day by some. */
const isDay = (text: string): boolean => {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
};

function complainOfFormat(format: string, text: string): string | null {
  const known = getOwn(FORMATS, format);
  return known === undefined || known.fits(text) ? null : known.wanted;
}

function complainOfNumber({ type, minimum, maximum }: JsonObject, value: Json): string | null {
  if (typeof value !== 'number') return 'must be a number';
  if (type === 'integer' && !Number.isInteger(value)) return 'must be a whole number';
  if (typeof minimum === 'number' && value < minimum) return `must be ${minimum} or more`;
  if (typeof maximum === 'number' && value > maximum) return `must be ${maximum} or less`;
  return null;
}

function complainOfList({ items, minItems, maxItems }: JsonObject, value: Json): string | null {
  if (!Array.isArray(value)) return 'must be a list';
  if (typeof minItems === 'number' && value.length < minItems) return `must have ${minItems} or more`;
  if (typeof maxItems === 'number' && value.length > maxItems) return `must have ${maxItems} or fewer`;
  const choices = isJsonObject(items) ? choicesOf(items) : null;
  const isOffered = (item: Json) =>
    choices
      ? choices.some((choice) => choice.value === item)
      : isJsonObject(items) && complaintOf(items, item) === null;
  if (new Set(value.map((item) => JSON.stringify(item))).size < value.length)
    return 'must not have one twice';
  return value.every(isOffered) ? null : 'must be some of the choices';
}
