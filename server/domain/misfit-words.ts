import { z } from 'zod';

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/** `an integer` and the like, by zod's word for a kind. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  date: 'a time',
};

const FORMATS: Readonly<Record<string, string>> = {
  email: 'an e-mail address',
  url: 'a URL',
  uuid: 'a UUID',
  datetime: 'a time such as 2026-01-31T09:30:00Z',
  date: 'a day such as 2026-01-31',
};

const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'items', set: 'items' };

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'no number';
  return KINDS[typeof value] ?? 'something else';
}

function wordsOfType(issue: RawIssue & { code: 'invalid_type' }): string | undefined {
  if (issue.input === undefined) return 'is missing';
  const expected = KINDS[issue.expected];
  if (expected === undefined) return undefined;
  return issue.expected === 'int' ? 'must be an integer' : `must be ${expected}, not ${kindOf(issue.input)}`;
}

function wordsOfChoice(values: readonly unknown[]): string {
  const [first, ...others] = values.map((value) => JSON.stringify(value));
  return others.length === 0 ? `must be ${first}` : `must be one of ${[first, ...others].join(', ')}`;
}

function wordsOfLimit(issue: RawIssue & { code: 'too_small' | 'too_big' }): string | undefined {
  const unit = UNITS[issue.origin];
  if (unit !== undefined) return wordsOfLength(issue, unit);
  if (issue.origin !== 'number' && issue.origin !== 'int' && issue.origin !== 'bigint') return undefined;
  if (issue.code === 'too_big')
    return issue.inclusive ? `must be ${issue.maximum} at most` : `must be less than ${issue.maximum}`;
  return issue.inclusive ? `must be ${issue.minimum} at least` : `must be more than ${issue.minimum}`;
}

function wordsOfLength(issue: RawIssue & { code: 'too_small' | 'too_big' }, unit: string): string {
  if (issue.code === 'too_big') return `must have ${issue.maximum} ${unit} at most`;
  return Number(issue.minimum) === 1 ? 'must not be empty' : `must have ${issue.minimum} ${unit} at least`;
}

/** Behind the name of a field; undefined where zod's own words will do. */
function wordMisfit(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return wordsOfType(issue as RawIssue & { code: 'invalid_type' });
    case 'too_small':
    case 'too_big':
      return wordsOfLimit(issue as RawIssue & { code: 'too_small' | 'too_big' });
    case 'invalid_value':
      return wordsOfChoice(issue.values);
    case 'invalid_format':
      return FORMATS[issue.format] && `must be ${FORMATS[issue.format]}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? wordsOfChoice(issue.options)
        : 'has none of the forms that are known here';
    case 'unrecognized_keys':
      return `knows no field ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
    default:
      return undefined;
  }
}

const { localeError: otherwise } = z.config();
/** For every schema of the program, wherever it is asked; a schema's own words come before these. */
z.config({ localeError: (issue) => wordMisfit(issue) ?? otherwise?.(issue) });

export interface Misfit {
  path: (string | number)[];
  message: string;
}

/** As zod tells it. */
export interface Found {
  code?: string;
  path: readonly PropertyKey[];
  message: string;
  keys?: readonly string[];
}

/** Each field that is wrong, by its place: one that is not known is named itself, not what holds it. */
export function misfitsOf(issues: readonly Found[]): Misfit[] {
  return issues.flatMap(({ code, path, message, keys }) => {
    const at = path.map((part) => (typeof part === 'number' ? part : String(part)));
    if (code !== 'unrecognized_keys' || !keys) return [{ path: at, message }];
    return keys.map((key) => ({ path: [...at, key], message: 'is no field that is known here' }));
  });
}
